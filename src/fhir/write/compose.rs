//! From an instance to resources.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::bundle::url_of;
use super::context::{Pairs, ancestors, find};
use super::ids::{Id, Ids};
use super::key::IdKey;
use super::marks;
use super::positions::Positions;
use super::uphold::{Upheld, uphold};
use crate::dataset::{ConceptIx, Dataset, Instance, NodeIx, Text};
use crate::fhir::values::answer;
use crate::fhir::values::codec::Codecs;
use crate::fhir::values::place;
use crate::ledger::{BrokenRule, Reason, Unwritten};
use crate::plan::fhir::{Codec, Condition, FhirPlan, FieldIx, Place, RoleIx, Target, Template, TestMark};
use crate::terminology::Terminology;
use crate::tree::{Chars, Tree};

/// The resources of one instance, in a fixed order. Each is built when it is asked for, so that only one is in memory.
pub struct Composition<'a> {
    composer: Composer<'a>,
    next: usize,
}

impl<'a> Composition<'a> {
    /// Decides which resources an instance makes.
    ///
    /// References in them are `urn:uuid:` and the id if they are `bundled`, else the type and the id.
    /// Without an [`IdKey`] no identifier in a secret namespace (a BSN) enters an id. `positions` are those of a later delivery.
    pub fn of(
        plan: &'a FhirPlan,
        dataset: &'a Dataset,
        terminology: &'a Terminology,
        instance: &'a Instance,
        key: Option<&IdKey>,
        bundled: bool,
        positions: &Positions,
    ) -> Self {
        let pairs = Pairs::of(plan, dataset, instance);
        let mut composer = Composer {
            plan,
            dataset,
            instance,
            pairs,
            codecs: Codecs { plan, dataset, terminology },
            drafts: Vec::new(),
            index: HashMap::default(),
            unwritten: Vec::new(),
            broken: Vec::new(),
            mark: marks::of_case(plan.cases.test.as_ref(), dataset, instance),
        };
        composer.distribute();
        composer.close_references();
        // What belongs to one occurrence stands before what belongs to the next: so their order comes back.
        composer.drafts.sort_by_cached_key(|draft| (repeats(dataset, instance, draft.node), draft.role, draft.node));
        composer.index = composer.drafts.iter().enumerate().map(|(at, draft)| ((draft.role, draft.node), at)).collect();
        composer.spread_each();
        let mut ids = Ids::new(plan, dataset, terminology, instance, key, positions);
        for draft in &mut composer.drafts {
            let role = plan.role(draft.role);
            let Id { text, shared } = ids.of(role, draft.node);
            (draft.id, draft.shared) = (text, shared);
            draft.url = Chars::from(url_of(&draft.id, &role.resource_type, bundled)).shared();
        }
        Self { composer, next: 0 }
    }

    /// How many resources there are.
    pub fn resources(&self) -> usize {
        self.composer.drafts.len()
    }

    /// The id of the person whose case it is, if there is a resource of that person.
    pub fn person(&self) -> Option<Text> {
        let person = self.composer.plan.cases.person?;
        self.composer.drafts.iter().find(|draft| draft.role == person).map(|draft| draft.id.clone())
    }

    /// What the resources are called.
    pub fn made(&self) -> impl Iterator<Item = Made> {
        self.composer.drafts.iter().map(|draft| {
            let resource_type = &self.composer.plan.role(draft.role).resource_type;
            Made { url: url_of(&draft.id, resource_type, false), shared: draft.shared }
        })
    }

    /// Per resource that is of this case alone: its role, the occurrence it is made for, and where the source has a value of it.
    pub(super) fn sources(&self) -> impl Iterator<Item = (RoleIx, NodeIx, u32)> {
        let Composer { drafts, plan, instance, .. } = &self.composer;
        drafts.iter().filter(|draft| !draft.shared).filter_map(|draft| {
            let (_, leaf) = draft.values.iter().find(|(field, _)| !plan.field(*field).copy)?;
            Some((draft.role, draft.node, instance.node(*leaf).origin.position))
        })
    }

    /// The leaves that found no place, and the rules of FHIR for which that is or that had to be told. All resources must
    /// have been built.
    pub fn unwritten(self) -> (Vec<Unwritten>, Vec<BrokenRule>) {
        (self.composer.unwritten, self.composer.broken)
    }
}

impl Iterator for Composition<'_> {
    type Item = Tree;

    fn next(&mut self) -> Option<Tree> {
        let at = self.next;
        self.next += 1;
        (at < self.composer.drafts.len()).then(|| self.composer.build(at))
    }
}

/// What a resource is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// `<type>/<id>`.
    pub url: Text,
    /// True if other cases may refer to it too: its id was made of what identifies the thing itself.
    pub shared: bool,
}

/// A resource before it is built.
struct Draft {
    role: RoleIx,
    /// The occurrence it is made for; for what is only referred to, the group that would hold it.
    node: NodeIx,
    id: Text,
    /// True if the resource may be one of other cases too.
    shared: bool,
    /// What references call it.
    url: Chars,
    values: Vec<(FieldIx, NodeIx)>,
}

/// The occurrences of repeating groups that a node is in, outermost first.
fn repeats(dataset: &Dataset, instance: &Instance, node: NodeIx) -> Vec<(ConceptIx, NodeIx)> {
    let groups = ancestors(instance, node).map(|ix| (instance.node(ix).concept, ix));
    let mut repeats: Vec<_> = groups
        .filter(|(concept, ix)| dataset.get(*concept).max != Some(1) && instance.node(*ix).content.is_none())
        .collect();
    repeats.reverse();
    repeats
}

struct Composer<'a> {
    plan: &'a FhirPlan,
    dataset: &'a Dataset,
    instance: &'a Instance,
    pairs: Pairs,
    codecs: Codecs<'a>,
    drafts: Vec<Draft>,
    index: HashMap<(RoleIx, NodeIx), usize, RandomState>,
    unwritten: Vec<Unwritten>,
    broken: Vec<BrokenRule>,
    /// How each resource says that it is a test, if the case does.
    mark: Option<&'a TestMark>,
}

impl Composer<'_> {
    /// Gives every leaf to the resource that its row names.
    fn distribute(&mut self) {
        for (node, leaf, _) in self.instance.leaves() {
            let fields = self.plan.fields_of(leaf.concept);
            if self.lacks_partner(node) {
                self.unwritten.push(Unwritten { node, reason: Reason::NoCarrier });
                continue;
            }
            let mut reason = (fields.is_empty()).then_some(Reason::NoPlace);
            for ix in fields {
                match &self.plan.field(*ix).place {
                    Place::Role(role, _) => {
                        let at = self.context(node, self.plan.role(*role).per);
                        let draft = self.draft(*role, at);
                        self.drafts[draft].values.push((*ix, node));
                    }
                    Place::Aligned if !self.is_said_by_partner(node) => reason = Some(Reason::NoCarrier),
                    Place::Each(..) | Place::Aligned => {}
                    Place::None => reason = Some(Reason::NoPlace),
                }
            }
            if let Some(reason) = reason {
                self.unwritten.push(Unwritten { node, reason });
            }
        }
    }

    fn context(&self, from: NodeIx, concept: ConceptIx) -> NodeIx {
        find(self.dataset, self.instance, &self.pairs, &self.plan.aligned, from, concept)
    }

    /// True for what is within an occurrence of an aligned group that is about nothing in this instance.
    fn lacks_partner(&self, node: NodeIx) -> bool {
        ancestors(self.instance, node).any(|ix| {
            let concept = self.instance.node(ix).concept;
            self.plan.is_aligned(concept) && self.pairs.partner(ix).is_none()
        })
    }

    /// True for the key of an aligned group if the occurrence that it is about says the same: it is written there.
    fn is_said_by_partner(&self, key: NodeIx) -> bool {
        let found = ancestors(self.instance, key).find_map(|at| {
            let own = self.instance.node(at).concept;
            let aligned = self.plan.aligned.iter().find(|aligned| aligned.groups.0 == own)?;
            Some(self.instance.key_of(self.dataset, *aligned, self.pairs.partner(at)?))
        });
        found.flatten().as_ref() == self.instance.node(key).content.as_ref()
    }

    fn draft(&mut self, role: RoleIx, node: NodeIx) -> usize {
        *self.index.entry((role, node)).or_insert_with(|| {
            let (id, url) = (Text::default(), Chars::default());
            self.drafts.push(Draft { role, node, id, shared: false, url, values: Vec::new() });
            self.drafts.len() - 1
        })
    }

    /// Makes what is referred to, until nothing is missing.
    fn close_references(&mut self) {
        self.make_holders();
        let mut at = 0;
        while at < self.drafts.len() {
            let (role, node) = (self.drafts[at].role, self.drafts[at].node);
            for reference in &self.plan.role(role).references {
                let wanted = match reference.condition {
                    Some(condition) => self.is_met(condition, node),
                    None => !reference.optional,
                };
                if let (Target::Role(target), true) = (reference.target, wanted) {
                    let context = self.context(node, self.plan.role(target).per);
                    self.draft(target, context);
                }
            }
            at += 1;
        }
    }

    /// Makes the resources that have a part which depends on something that is there.
    fn make_holders(&mut self) {
        for (ix, role) in (0u16..).map(RoleIx).zip(&self.plan.roles) {
            let conditions: Vec<Condition> =
                role.references.iter().filter_map(|reference| reference.condition).collect();
            if conditions.is_empty() {
                continue;
            }
            let mut nodes = self.instance.descendants(self.dataset, NodeIx::ROOT, role.per);
            nodes.retain(|node| self.instance.holds_value(*node));
            if nodes.is_empty() && role.per == role.group {
                nodes.push(self.context(NodeIx::ROOT, role.per));
            }
            for node in nodes {
                if conditions.iter().any(|condition| self.is_met(*condition, node)) {
                    self.draft(ix, node);
                }
            }
        }
    }

    /// True if what a part of a pattern depends on is there, seen from an occurrence.
    fn is_met(&self, condition: Condition, node: NodeIx) -> bool {
        match condition {
            Condition::Role(role) => {
                let context = self.context(node, self.plan.role(role).per);
                self.index.contains_key(&(role, context))
            }
            Condition::Concept(concept) => {
                let context = self.context(node, concept);
                self.instance.node(context).concept == concept && self.instance.holds_value(context)
            }
        }
    }

    /// Gives the leaves that belong to every resource of a group to all of these.
    fn spread_each(&mut self) {
        for ix in self.plan.each_fields() {
            let field = self.plan.field(*ix);
            let Place::Each(group, alternatives) = &field.place else { continue };
            for (node, _, _) in self.instance.leaves().filter(|(_, leaf, _)| leaf.concept == field.concept) {
                let context = self.context(node, *group);
                let mut carried = false;
                for draft in &mut self.drafts {
                    let role = self.plan.role(draft.role);
                    let fits = alternatives.iter().any(|(kind, _)| *kind == role.resource_type)
                        && self.dataset.is_within(role.concept, *group)
                        && self.instance.is_below(draft.node, context);
                    if fits {
                        draft.values.push((*ix, node));
                        carried = true;
                    }
                }
                if !carried && !field.copy {
                    self.unwritten.push(Unwritten { node, reason: Reason::NoCarrier });
                }
            }
        }
    }

    fn build(&mut self, at: usize) -> Tree {
        let role = self.plan.role(self.drafts[at].role);
        let mut resource = self.instantiate(&role.template, at, self.url(at)).unwrap_or_else(Tree::object);
        if let Tree::Object(members) = &mut resource {
            members.insert(1, ("id".into(), Tree::string(self.drafts[at].id.clone())));
        }
        let values = std::mem::take(&mut self.drafts[at].values);
        for (ix, node) in &values {
            if let Err(reason) = self.fill(*ix, *node, &mut resource)
                && !self.plan.field(*ix).copy
            {
                self.unwritten.push(Unwritten { node: *node, reason });
            }
        }
        for ix in role.fields.iter().filter(|ix| !values.iter().any(|(filled, _)| filled == *ix)) {
            let field = self.plan.field(*ix);
            let answer = if let Codec::Answer(answer) = field.codec { Some(answer) } else { field.beside };
            if let Some(answer) = answer {
                answer::set_all(self.plan, &self.plan.answers[answer].absent, &mut resource);
            }
        }
        if role.says_why_absent {
            place::drop_absent_reasons(&mut resource);
        }
        if !role.laws.is_empty() {
            self.uphold(at, &values, &mut resource);
        }
        marks::put(self.mark, &mut resource);
        resource
    }

    /// Makes a resource keep the rules of FHIR.
    fn uphold(&mut self, at: usize, values: &[(FieldIx, NodeIx)], resource: &mut Tree) {
        for law in &self.plan.role(self.drafts[at].role).laws {
            let told = |node, is_noted| BrokenRule { node, rule: law.key.clone(), is_noted };
            match uphold(self.plan, law, resource) {
                None => {}
                Some(Upheld::Noted) => self.broken.push(told(self.drafts[at].node, true)),
                Some(Upheld::LeftOut(field)) => {
                    for (_, node) in values.iter().filter(|(ix, _)| *ix == field && !self.plan.field(*ix).copy) {
                        self.unwritten.push(Unwritten { node: *node, reason: Reason::Invariant });
                        self.broken.push(told(*node, false));
                    }
                }
            }
        }
    }

    fn fill(&self, ix: FieldIx, node: NodeIx, resource: &mut Tree) -> Result<(), Reason> {
        let field = self.plan.field(ix);
        let path = match &field.place {
            Place::Role(_, path) => path,
            Place::Each(_, alternatives) => {
                let kind = resource.text_at("resourceType").unwrap_or_default();
                &alternatives.iter().find(|(name, _)| name == kind).ok_or(Reason::NoCarrier)?.1
            }
            Place::Aligned | Place::None => return Err(Reason::NoPlace),
        };
        let Some(content) = &self.instance.node(node).content else { return Ok(()) };
        if let Codec::Answer(answer) = field.codec {
            return answer::write_answer(self.plan, &self.plan.answers[answer], content, resource);
        }
        let (path, made) = self.codecs.write(field, path, content, resource)?;
        place::put(&self.plan.elements, resource, &path, made)?;
        if let Some(answer) = field.beside {
            answer::write_beside(self.plan, &self.plan.answers[answer], content, resource);
        }
        Ok(())
    }

    /// Copies a pattern, with `url` and references in place of roles. What refers to nothing is left out.
    fn instantiate(&self, template: &Template, at: usize, url: &Chars) -> Option<Tree> {
        match template {
            Template::Fixed(tree) => Some(tree.clone()),
            Template::Url => Some(Tree::string(url.clone())),
            Template::If(condition, inner) => {
                self.is_met(*condition, self.drafts[at].node).then(|| self.instantiate(inner, at, url))?
            }
            Template::Reference { target, found, missing } => match self.target(*target, at) {
                Some(target) => self.instantiate(found, at, self.url(target)),
                None => missing.clone(),
            },
            Template::Array(items) => {
                let mut copies = Vec::with_capacity(items.len());
                for (group, item) in items {
                    match group {
                        Some(group) => copies.extend(
                            self.members(*group, at).filter_map(|target| self.instantiate(item, at, self.url(target))),
                        ),
                        None => copies.extend(self.instantiate(item, at, url)),
                    }
                }
                (!copies.is_empty()).then_some(Tree::Array(copies))
            }
            Template::Object(members) => {
                let mut copies = Vec::with_capacity(members.len() + 4);
                let mut dropped = false;
                for (name, value) in members {
                    match self.instantiate(value, at, url) {
                        Some(copy) => copies.push((name.clone(), copy)),
                        None => dropped = true,
                    }
                }
                // An extension whose reference is gone says nothing any more.
                let hollow = dropped && copies.iter().all(|(name, _)| name == "url");
                (!hollow).then_some(Tree::Object(copies))
            }
        }
    }

    fn target(&self, role: RoleIx, from: usize) -> Option<usize> {
        let context = self.context(self.drafts[from].node, self.plan.role(role).per);
        self.index.get(&(role, context)).copied()
    }

    fn members(&self, group: ConceptIx, from: usize) -> impl Iterator<Item = usize> {
        let context = self.drafts[from].node;
        self.drafts.iter().enumerate().filter_map(move |(at, draft)| {
            let within = self.dataset.is_within(self.plan.role(draft.role).concept, group);
            (at != from && within && self.instance.is_below(draft.node, context)).then_some(at)
        })
    }

    fn url(&self, at: usize) -> &Chars {
        &self.drafts[at].url
    }
}
