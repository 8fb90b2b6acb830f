//! Which row made a resource: by type, profile and fixed content, and by the [web](super::web) of references.

use super::candidates::{Candidates, allowed, present_fields};
use super::directory::{Directory, FOLLOWED, name_of, shown_apart};
use super::entry::Entry;
use super::modifier::{is_doubted, states};
use super::once::Further;
use super::reached::{Astray, Leads, Led};
use super::sole::Undecided;
use super::uses::Uses;
use super::web::Web;
use crate::dataset::Dataset;
use crate::ledger::Reason;
use crate::plan::fhir::{Codec, ElementPath, FhirPlan, RoleIx, Target};
use crate::terminology::Terminology;
use crate::tree::Tree;

/// It is not clear which resource is the one of its kind: the current pregnancy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclear {
    /// References to the resources that it may be.
    pub candidates: Vec<String>,
    /// True if the source leaves several; false if the caller named none of them.
    pub several: bool,
}

/// The resources of a source with their roles and references.
pub(super) struct Recognised<'t> {
    plan: &'t FhirPlan,
    /// The resources; then, for each place after the first that one is used in, that one again.
    pub entries: Vec<Entry<'t>>,
    /// Which of them are one.
    pub uses: Uses,
    /// The role of each, or `None` if no row knows it.
    pub roles: Vec<Option<RoleIx>>,
    /// Why a resource that rows know by its content has no role all the same: its references do not say where it belongs, or
    /// it says of itself that it is not so.
    pub lost: Vec<Option<Reason>>,
    /// Those that only repeat what another says: see [`Further`].
    pub copies: Vec<usize>,
    directory: Directory<'t>,
}

impl<'t> Recognised<'t> {
    /// Finds the roles of all resources. `current` is what the caller calls the one resource of its kind: see
    /// [`super::sole`].
    ///
    /// # Errors
    /// If it is not clear which that is.
    pub fn of(
        plan: &'t FhirPlan,
        dataset: &Dataset,
        terminology: &Terminology,
        entries: Vec<Entry<'t>>,
        directory: Directory<'t>,
        current: Option<&str>,
    ) -> Result<Self, Unclear> {
        let candidates = |entries: &[Entry<'_>]| -> Candidates {
            entries.iter().map(|entry| allowed(plan, dataset, terminology, entry.resource)).collect()
        };
        let first = candidates(&entries);
        let mut found = Self::among(plan, dataset, first, entries, directory, current)?;
        let names_record = |at: usize, role: RoleIx| found.names_record(at, role);
        let further = Further::of(plan, dataset, found.own(), &found.roles, names_record);
        if !further.is_empty() {
            // Looked at again without them: what only they refer to has no place either.
            found.entries.truncate(found.uses.own());
            let mut candidates = candidates(&found.entries);
            for at in further.copies.iter().chain(&further.excess) {
                candidates[*at] = (Vec::new(), Some(Reason::TooMany));
            }
            found = Self::among(plan, dataset, candidates, found.entries, found.directory, current)?;
            found.copies = further.copies;
        }
        found.drop_doubted(terminology);
        Ok(found)
    }

    /// The same for resources that may have these roles, whatever they doubt.
    fn among(
        plan: &'t FhirPlan,
        dataset: &Dataset,
        mut candidates: Candidates,
        mut entries: Vec<Entry<'t>>,
        directory: Directory<'t>,
        current: Option<&str>,
    ) -> Result<Self, Unclear> {
        let uses = Uses::find(plan, &directory, &mut entries, &mut candidates);
        let (candidates, lost): (Vec<Vec<RoleIx>>, Vec<Option<Reason>>) = candidates.into_iter().unzip();
        let (roles, copies) = (vec![None; entries.len()], Vec::new());
        let mut recognised = Self { plan, entries, uses, roles, lost, copies, directory };
        let mut web = Web::new(plan, dataset, candidates, |at, path| recognised.each_target(at, path));
        let named = current.map(|current| recognised.directory.called(recognised.own(), current));
        web.single_out(named.as_deref()).map_err(|undecided| recognised.unclear(&undecided))?;
        let (candidates, surplus) = web.settle();
        for at in surplus {
            recognised.lost[at] = Some(Reason::TooMany);
        }
        for (at, roles) in candidates.iter().enumerate() {
            let fields = |ix: &RoleIx| present_fields(plan, plan.role(*ix), recognised.entries[at].resource);
            recognised.roles[at] = match roles[..] {
                [only] => Some(only),
                // The first of equals: the order of the table decides.
                _ => roles.iter().rev().copied().max_by_key(fields),
            };
        }
        recognised.uses.keep_places(plan, dataset, &mut recognised.roles);
        Ok(recognised)
    }

    /// True if a resource with a role refers to the record of the case.
    fn names_record(&self, at: usize, role: RoleIx) -> bool {
        let Some(record) = self.plan.cases.record else { return false };
        let references = self.plan.role(role).references.iter();
        let own = references.filter(|reference| reference.target == Target::Role(record));
        let mut targets = own.flat_map(|reference| self.targets(at, &reference.path));
        targets.any(|target| self.roles[target] == Some(record))
    }

    /// The resources of the source, each once.
    pub fn own(&self) -> &[Entry<'t>] {
        &self.entries[..self.uses.own()]
    }

    /// What a resource says is not known to be so is not taken for a value.
    fn drop_doubted(&mut self, terminology: &Terminology) {
        let all = 0..self.entries.len();
        let doubted: Vec<usize> = all.flat_map(|at| self.doubted(terminology, at)).collect();
        for at in doubted {
            (self.roles[at], self.lost[at]) = (None, Some(Reason::Modifier));
        }
    }

    /// The resources that hold a value of which a recognised resource says that it is not known whether it is so, and that
    /// resource: it was not known whether the medicine was taken. Nothing if there are none.
    fn doubted(&self, terminology: &Terminology, at: usize) -> Vec<usize> {
        let Some(role) = self.roles[at].map(|ix| self.plan.role(ix)) else { return Vec::new() };
        let resource = self.entries[at].resource;
        let mut doubted = Vec::new();
        for field in role.fields.iter().map(|ix| self.plan.field(*ix)) {
            let Codec::Answer(answer) = field.codec else { continue };
            let answer = &self.plan.answers[answer];
            let is_doubt = |(element, value): (&str, &Tree)| is_doubted(answer, element, value);
            if !answer.clauses.is_empty() || !self.plan.modifiers.of(&role.resource_type, resource).any(is_doubt) {
                continue;
            }
            for target in role.references.iter().flat_map(|reference| self.targets(at, &reference.path)) {
                let Some(other) = self.roles[target].map(|ix| self.plan.role(ix)) else { continue };
                let same =
                    other.fields.iter().map(|ix| self.plan.field(*ix)).filter(|own| own.concept == field.concept);
                let target_resource = self.entries[target].resource;
                if same.into_iter().any(|own| states(terminology, own, target_resource)) {
                    doubted.push(target);
                }
            }
        }
        if !doubted.is_empty() {
            doubted.push(at);
        }
        doubted
    }

    fn unclear(&self, undecided: &Undecided) -> Unclear {
        let (candidates, several) = match undecided {
            Undecided::Several(candidates) => (candidates, true),
            Undecided::NotAmong(candidates) => (candidates, false),
        };
        Unclear { candidates: shown_apart(&self.entries, candidates), several }
    }

    /// The resources that an element of a resource refers to, and those that they are part of.
    pub fn targets(&self, at: usize, path: &ElementPath) -> impl Iterator<Item = usize> {
        self.each_target(at, path).0.into_iter().flatten().map(|(target, _)| target)
    }

    /// The same for each reference apart, and what is not in the source.
    fn each_target(&self, at: usize, path: &ElementPath) -> Leads {
        let (mut each, mut astray, mut named_only) = (Vec::new(), Vec::new(), false);
        for reference in path.select(self.entries[at].resource) {
            match self.reached(at, reference) {
                Some(reached) if reached.is_empty() => {
                    astray.push(Astray { kind: self.directory.type_said(reference), name: name_of(reference) });
                }
                Some(reached) => each.push(reached),
                None => named_only |= !reference.is_empty(),
            }
        }
        (each, astray, named_only)
    }

    /// The resources that a reference means, and those that they are part of: none if they are not in the source. `None` if
    /// it does not say what it means.
    pub fn reached(&self, at: usize, reference: &Tree) -> Option<Vec<Led>> {
        let meant = self.directory.meant(&self.entries, self.uses.original(at), reference)?;
        let meant = self.uses.meant(at, reference, meant);
        let wholes = meant.iter().flat_map(|part| self.wholes(*part).map(|whole| (whole, Some(*part))));
        Some(meant.iter().map(|target| (*target, None)).chain(wholes).collect())
    }

    /// What a resource says that it is part of. Where the specification lets an element refer to either, one who names the
    /// part names the whole: what was done in a contact was done in the episode of that contact.
    fn wholes(&self, at: usize) -> impl Iterator<Item = usize> {
        let resource = self.entries[at].resource;
        // What is taken back is part of nothing.
        let is_so = self.lost[at] != Some(Reason::Modifier);
        let kind = resource.text_at("resourceType").filter(|_| is_so).unwrap_or_default();
        let references = self.plan.wholes.of(kind).filter_map(|element| resource.get(element)).flat_map(Tree::items);
        let references = references.take(FOLLOWED);
        references.filter_map(move |reference| {
            self.directory.resolve(&self.entries, Some(self.uses.original(at)), reference.text_at("reference")?)
        })
    }
}
