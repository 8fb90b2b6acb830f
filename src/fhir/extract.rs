//! From resources to an instance.

use std::collections::HashMap;

use super::answer::{answer_leaves, read_answer, take_beside};
use super::bundle::collect;
use super::codec::{Codecs, Used};
use super::losses;
use super::modifier;
use super::recognise::{Recognised, Unclear};
use super::urls;
use crate::dataset::{ConceptIx, Content, Dataset, Instance, NodeIx, Origin};
use crate::ledger::{Ledger, Reason};
use crate::plan::fhir::{Codec, ElementPath, FhirPlan, Field, FieldIx, IF, Place, RoleIx, Target};
use crate::terminology::Terminology;
use crate::tree::{Leaf, Tree};

/// Reads the instance that resources describe, accounts for every leaf of them, and counts the resources.
///
/// `roots` are bundles or resources; `leaves` is how many leaves they have together; `current` is what the caller calls
/// the current pregnancy: a reference, id or identifier of it, or of the record that refers to it.
///
/// # Errors
/// If it is not clear which pregnancy is the current one.
pub fn extract(
    plan: &FhirPlan,
    dataset: &Dataset,
    terminology: &Terminology,
    roots: &[Tree],
    leaves: u32,
    current: Option<&str>,
) -> Result<(Instance, Ledger, usize), Unclear> {
    let mut structural = Vec::new();
    let entries = collect(roots, &mut structural);
    let recognised = Recognised::of(plan, dataset, terminology, entries, current)?;
    let mut extractor = Extractor {
        plan,
        dataset,
        codecs: Codecs { plan, dataset, terminology },
        nodes: vec![State::Untouched; recognised.entries.len()],
        referrers: referrers(plan, &recognised),
        recognised,
        instance: Instance::new(),
        aligned: HashMap::new(),
        shared: HashMap::new(),
        copies: Vec::new(),
        accounts: Accounts { states: vec![Account::Open; leaves as usize], reasons: HashMap::new() },
    };
    extractor.accounts.mark(&structural, Account::Structural);
    extractor.run();
    Ok(extractor.finish())
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Untouched,
    Underway,
    Known(NodeIx),
}

#[derive(Clone, Copy, PartialEq)]
enum Account {
    Open,
    Structural,
    Used,
}

struct Accounts {
    states: Vec<Account>,
    /// Why a leaf that stays open is lost, where something better than "unknown" is known.
    reasons: HashMap<u32, (Reason, ConceptIx)>,
}

impl Accounts {
    fn mark(&mut self, leaves: &[u32], account: Account) {
        for ix in leaves {
            if let Some(state) = self.states.get_mut(*ix as usize).filter(|state| **state == Account::Open) {
                *state = account;
            }
        }
    }

    /// How many of these leaves no other value was made from.
    fn fresh(&self, leaves: &[u32]) -> u16 {
        let open = leaves.iter().filter(|ix| self.states.get(**ix as usize) == Some(&Account::Open)).count();
        u16::try_from(open).unwrap_or(u16::MAX)
    }
}

struct Extractor<'a, 't> {
    plan: &'a FhirPlan,
    dataset: &'a Dataset,
    codecs: Codecs<'a>,
    recognised: Recognised<'t>,
    /// Per resource: the occurrence it is about.
    nodes: Vec<State>,
    /// Per resource: who refers to it, and with which reference of which role.
    referrers: Vec<Vec<(usize, Target)>>,
    instance: Instance,
    /// Occurrence of an aligned group, by its partner.
    aligned: HashMap<(ConceptIx, NodeIx), NodeIx>,
    /// Occurrences of groups that are recognised by what all their resources say alike.
    shared: HashMap<(ConceptIx, NodeIx, String), Vec<NodeIx>>,
    /// What rows after the first say of a concept, to be read last.
    copies: Vec<(FieldIx, ElementPath, usize, NodeIx)>,
    accounts: Accounts,
}

fn referrers(plan: &FhirPlan, recognised: &Recognised<'_>) -> Vec<Vec<(usize, Target)>> {
    let mut referrers = vec![Vec::new(); recognised.entries.len()];
    for (at, role) in recognised.roles.iter().enumerate() {
        let Some(role) = role else { continue };
        for reference in &plan.role(*role).references {
            for target in recognised.targets(at, &reference.path) {
                referrers[target].push((at, reference.target));
            }
        }
    }
    referrers
}

impl Extractor<'_, '_> {
    fn run(&mut self) {
        for at in 0..self.recognised.entries.len() {
            if let Some(role) = self.recognised.roles[at] {
                self.resource(at, role);
            }
        }
        self.read_copies();
        self.copy_keys();
    }

    fn resource(&mut self, at: usize, role: RoleIx) {
        let resource = self.recognised.entries[at].resource;
        let base = self.node_of(at, role);
        let base = self.shared_group(at, role, base);
        let mut fields: Vec<FieldIx> = self.plan.role(role).fields.clone();
        // What names its namespace is read before what takes any.
        fields.sort_by_key(|ix| match &self.plan.field(*ix).place {
            Place::Role(_, path) => path.steps.iter().all(|step| step.conditions.is_empty()),
            _ => true,
        });
        for ix in fields {
            let Place::Role(_, path) = &self.plan.field(ix).place else { continue };
            if self.plan.field(ix).copy {
                self.copies.push((ix, path.clone(), at, base));
            } else {
                self.field(ix, path, resource, base);
            }
        }
        self.structure(role, resource);
    }

    /// Reads what is written a second time: it is accounted for with the first, or stands for it where that is
    /// missing.
    fn read_copies(&mut self) {
        for (ix, path, at, base) in std::mem::take(&mut self.copies) {
            let resource = self.recognised.entries[at].resource;
            let concept = self.plan.field(ix).concept;
            for (content, used) in self.values(ix, &path, resource) {
                let Ok(content) = content else { continue };
                let reach = self.reach(base, concept);
                let there = self.instance.descendants(self.dataset, reach, concept);
                let same =
                    there.iter().copied().find(|node| self.instance.node(*node).content.as_ref() == Some(&content));
                let fresh = self.accounts.fresh(&used.leaves);
                match same {
                    Some(node) => self.instance.add_leaves(node, fresh),
                    None if there.is_empty() => {
                        let holder = self.holder_of(base, concept);
                        self.instance.add_leaf(
                            holder,
                            concept,
                            content,
                            Origin { position: used.position, leaves: fresh },
                        );
                    }
                    // A code list of FHIR is coarser than the answer that it repeats.
                    None if self.plan.field(ix).codec == Codec::Code => self.instance.add_leaves(there[0], fresh),
                    None => {
                        used.leaves.iter().for_each(|leaf| {
                            self.accounts.reasons.insert(*leaf, (Reason::Contradiction, concept));
                        });
                        continue;
                    }
                }
                self.accounts.mark(&used.leaves, Account::Used);
            }
        }
    }

    fn field(&mut self, ix: FieldIx, path: &ElementPath, resource: &Tree, base: NodeIx) {
        for (content, used) in self.values(ix, path, resource) {
            let concept = self.plan.field(ix).concept;
            let fresh = self.accounts.fresh(&used.leaves);
            match content {
                Ok(content) => {
                    let holder = self.holder_of(base, concept);
                    self.instance.add_leaf(holder, concept, content, Origin { position: used.position, leaves: fresh });
                    self.accounts.mark(&used.leaves, Account::Used);
                }
                Err(reason) => used.leaves.iter().for_each(|leaf| {
                    self.accounts.reasons.insert(*leaf, (reason, concept));
                }),
            }
        }
    }

    /// The values that a resource has for a field. Elements that another field took are passed over.
    fn values(&self, ix: FieldIx, path: &ElementPath, resource: &Tree) -> Vec<(Result<Content, Reason>, Used)> {
        let field = self.plan.field(ix);
        if let Codec::Answer(answer) = field.codec {
            let mut used = Used::default();
            return read_answer(&self.plan.answers[answer], resource, &mut used)
                .map(|content| (Ok(content), used))
                .into_iter()
                .collect();
        }
        let paths = std::iter::once(path).chain(&field.elsewhere);
        paths.map(|path| self.values_at(field, path, resource)).find(|values| !values.is_empty()).unwrap_or_default()
    }

    fn values_at(&self, field: &Field, path: &ElementPath, resource: &Tree) -> Vec<(Result<Content, Reason>, Used)> {
        let mut values = Vec::new();
        for holder in path.holders(resource) {
            let items: Vec<&Tree> = path.last().items(holder).filter(|item| !item.is_empty()).collect();
            let companion = holder.get(&format!("_{}", path.last().name));
            let absent = holder.get("dataAbsentReason").filter(|_| path.last().name.starts_with("value"));
            let on_holder = holder.get("extension").filter(|_| field.codec == Codec::Compact);
            if items.is_empty() && (companion.is_some() || absent.is_some() || on_holder.is_some()) {
                let mut used = Used::default();
                values.push((self.codecs.read(field, path, holder, None, &mut used), used));
            }
            for item in items {
                let mut taken = false;
                item.each_leaf(&mut |leaf| taken |= self.accounts.states.get(leaf.ix as usize) == Some(&Account::Used));
                if !taken {
                    let mut used = Used::default();
                    let mut content = self.codecs.read(field, path, holder, Some(item), &mut used);
                    if let Some(answer) = field.beside.map(|at| &self.plan.answers[at]) {
                        content = content.and_then(|content| modifier::beside(answer, resource, content));
                        if content.is_ok() {
                            take_beside(answer, resource, &mut used);
                        }
                    }
                    if modifier::is_changed(self.plan, path, resource, holder, item) {
                        content = Err(Reason::Modifier);
                    }
                    values.push((content, used));
                }
            }
        }
        values
    }

    /// The occurrence that a resource is about: its own group, or for a single answer the group in reach.
    fn node_of(&mut self, at: usize, role: RoleIx) -> NodeIx {
        match self.nodes[at] {
            State::Known(node) => return node,
            State::Underway => return NodeIx::ROOT,
            State::Untouched => self.nodes[at] = State::Underway,
        }
        let base = self.base_of(at, role);
        let own = self.plan.role(role);
        let node = if own.per == own.group && self.instance.node(base).concept != own.per {
            self.open(base, own.per)
        } else {
            base
        };
        self.nodes[at] = State::Known(node);
        node
    }

    /// The innermost occurrence that the references of a resource, and those to it, put it in.
    fn base_of(&mut self, at: usize, role: RoleIx) -> NodeIx {
        let own = self.plan.role(role);
        let mut related: Vec<usize> = Vec::new();
        for reference in &own.references {
            if let Target::Role(wanted) = reference.target {
                let targets = self.recognised.targets(at, &reference.path);
                related.extend(targets.filter(|target| self.recognised.roles[*target] == Some(wanted)));
            }
        }
        for (referrer, target) in &self.referrers[at] {
            let collects = matches!(target, Target::Members(group) if self.dataset.is_within(own.concept, *group));
            if collects || *target == Target::Role(role) {
                related.push(*referrer);
            }
        }
        let mut best = (NodeIx::ROOT, 0);
        for other in related {
            let Some(other_role) = self.recognised.roles[other] else { continue };
            let theirs = self.plan.role(other_role);
            let group = theirs.group;
            let same = group == own.group && own.per == own.group;
            if theirs.per != theirs.group || other_role == role {
                continue;
            }
            if same && other_role > role {
                // The first role of a group opens the occurrence, where the others belong.
                let base = self.base_of(other, other_role);
                let depth = self.dataset.get(self.instance.node(base).concept).depth;
                if depth > best.1 {
                    best = (base, depth);
                }
                continue;
            }
            if self.dataset.is_within(own.group, group) {
                let node = self.node_of(other, other_role);
                let depth = self.dataset.get(self.instance.node(node).concept).depth;
                if depth > best.1 {
                    best = (node, depth);
                }
            } else if let Some(alignment) = self
                .plan
                .alignments
                .iter()
                .find(|alignment| alignment.with == group && self.dataset.is_within(own.concept, alignment.group))
            {
                let partner = self.node_of(other, other_role);
                return self.aligned_with(alignment.group, partner);
            }
        }
        best.0
    }

    fn aligned_with(&mut self, group: ConceptIx, partner: NodeIx) -> NodeIx {
        if let Some(node) = self.aligned.get(&(group, partner)) {
            return *node;
        }
        // Where no key says which belongs to which, they stand at the same position.
        let with = self.instance.node(partner).concept;
        let position = self.instance.descendants(self.dataset, NodeIx::ROOT, with).iter().position(|ix| *ix == partner);
        let mut there = self.instance.descendants(self.dataset, NodeIx::ROOT, group);
        while there.len() <= position.unwrap_or_default() {
            there.push(self.open(NodeIx::ROOT, group));
        }
        let node = there[position.unwrap_or_default()];
        self.aligned.insert((group, partner), node);
        node
    }

    /// A new occurrence of a group, or the one there is where there may be only one.
    fn open(&mut self, base: NodeIx, group: ConceptIx) -> NodeIx {
        let mut at = self.reach(base, group);
        for step in self.dataset.groups_between(self.instance.node(at).concept, group) {
            at = self.last_or_new(at, step);
        }
        if self.dataset.get(group).max == Some(1) {
            self.last_or_new(at, group)
        } else {
            self.instance.add_group(at, group)
        }
    }

    fn last_or_new(&mut self, at: NodeIx, group: ConceptIx) -> NodeIx {
        match self.instance.occurrences(at, group).last() {
            Some(node) => node,
            None => self.instance.add_group(at, group),
        }
    }

    /// The nearest occurrence, from a node outwards, that can hold a concept.
    fn reach(&self, from: NodeIx, concept: ConceptIx) -> NodeIx {
        let mut at = from;
        while at != NodeIx::ROOT
            && !(self.dataset.is_within(concept, self.instance.node(at).concept)
                && self.instance.node(at).concept != concept)
        {
            at = self.instance.node(at).parent;
        }
        at
    }

    /// The group that gets a leaf: groups in between are packed, so that no leaf occurs twice where it may not.
    fn holder_of(&mut self, base: NodeIx, concept: ConceptIx) -> NodeIx {
        let from = self.reach(base, concept);
        let steps = self.dataset.groups_between(self.instance.node(from).concept, concept);
        if let Some(holder) = self.room(from, &steps, concept) {
            return holder;
        }
        let open =
            (0..steps.len()).rev().find_map(|depth| Some((self.room(from, &steps[..depth], steps[depth])?, depth)));
        // With room nowhere it is one too many, which the writer will say.
        let (at, made) = open.unwrap_or((from, 0));
        steps[made..].iter().fold(at, |at, step| match open {
            Some(_) => self.instance.add_group(at, *step),
            None => self.last_or_new(at, *step),
        })
    }

    /// The first existing group that has room for one more of a concept.
    fn room(&self, from: NodeIx, steps: &[ConceptIx], concept: ConceptIx) -> Option<NodeIx> {
        if let Some((step, rest)) = steps.split_first() {
            return self.instance.occurrences(from, *step).find_map(|inner| self.room(inner, rest, concept));
        }
        let max = self.dataset.get(concept).max.map(|max| usize::from(max.max(1)));
        max.is_none_or(|max| self.instance.occurrences(from, concept).count() < max).then_some(from)
    }

    /// For a resource of a group that has none of its own: the occurrence whose common values are the same, and
    /// that has no answer to the question of this resource yet.
    fn shared_group(&mut self, at: usize, role: RoleIx, base: NodeIx) -> NodeIx {
        let resource = self.recognised.entries[at].resource;
        let concept = self.plan.role(role).concept;
        let resource_type = self.plan.role(role).resource_type.clone();
        let mut found: Option<ConceptIx> = None;
        let mut values = Vec::new();
        for ix in self.plan.each_fields() {
            let Place::Each(group, alternatives) = &self.plan.field(*ix).place else { continue };
            if !self.dataset.is_within(concept, *group) {
                continue;
            }
            if self.plan.field(*ix).copy {
                if let Some((_, path)) = alternatives.iter().find(|(kind, _)| *kind == resource_type) {
                    self.copies.push((*ix, path.clone(), at, base));
                }
                continue;
            }
            found = Some(*group);
            if let Some((_, path)) = alternatives.iter().find(|(kind, _)| *kind == resource_type) {
                values.extend(self.values(*ix, path, resource).into_iter().map(|(content, used)| (*ix, content, used)));
            }
        }
        let Some(group) = found else { return base };
        let says: Vec<String> = values
            .iter()
            .filter_map(|(ix, content, _)| Some(format!("{}{:?}", ix.0, content.as_ref().ok()?)))
            .collect();
        let key = (group, self.reach(base, group), says.join(";"));
        let answers = self.plan.role(role).fields.iter().map(|ix| self.plan.field(*ix).concept).collect::<Vec<_>>();
        let known = self.shared.get(&key).cloned().unwrap_or_default();
        let free = known.iter().copied().find(|node| {
            answers.iter().all(|leaf| {
                self.dataset.get(*leaf).max != Some(1)
                    || self.instance.descendants(self.dataset, *node, *leaf).is_empty()
            })
        });
        let node = free.unwrap_or_else(|| {
            let node = self.open(base, group);
            self.shared.entry(key).or_default().push(node);
            node
        });
        for (ix, content, used) in values {
            let leaf = self.plan.field(ix).concept;
            let fresh = self.accounts.fresh(&used.leaves);
            match content {
                Ok(content) => {
                    if let Some(there) = self.instance.descendants(self.dataset, node, leaf).first() {
                        self.instance.add_leaves(*there, fresh);
                    } else {
                        let holder = self.holder_of(node, leaf);
                        let origin = Origin { position: used.position, leaves: fresh };
                        self.instance.add_leaf(holder, leaf, content, origin);
                    }
                    self.accounts.mark(&used.leaves, Account::Used);
                }
                Err(reason) => used.leaves.iter().for_each(|ix| {
                    self.accounts.reasons.insert(*ix, (reason, leaf));
                }),
            }
        }
        node
    }

    /// The key of an aligned group is what its partner says.
    fn copy_keys(&mut self) {
        for alignment in &self.plan.alignments {
            let mut pairs: Vec<(NodeIx, NodeIx)> = self
                .aligned
                .iter()
                .filter(|((group, _), _)| *group == alignment.group)
                .map(|((_, partner), own)| (*own, *partner))
                .collect();
            pairs.sort();
            for (own, partner) in pairs {
                let key = self.instance.descendants(self.dataset, partner, alignment.key.1).first().copied();
                let content = key.and_then(|node| self.instance.node(node).content.clone());
                let missing = self.instance.descendants(self.dataset, own, alignment.key.0).is_empty();
                if let (Some(content), true) = (content, missing) {
                    let holder = self.holder_of(own, alignment.key.0);
                    self.instance.add_leaf(holder, alignment.key.0, content, Origin::default());
                }
            }
        }
    }

    /// Accounts for what the pattern fixes, references, ids, and generated text.
    fn structure(&mut self, role: RoleIx, resource: &Tree) {
        let role = self.plan.role(role);
        let mut fixed = Vec::new();
        match_pattern(&role.pattern, resource, &mut fixed);
        for ix in &role.fields {
            let field = self.plan.field(*ix);
            let answer = if let Codec::Answer(answer) = field.codec { Some(answer) } else { field.beside };
            if let Some(answer) = answer {
                answer_leaves(&self.plan.answers[answer], resource, &mut fixed);
            }
            if let Place::Role(_, path) = &field.place {
                path.conditions(resource, &mut |tree| tree.each_leaf(&mut |leaf| fixed.push(leaf.ix)));
            }
        }
        for name in ["id", "meta", "implicitRules", "language"] {
            if let Some(tree) = resource.get(name) {
                tree.each_leaf(&mut |leaf| fixed.push(leaf.ix));
            }
        }
        let narrative = resource
            .get("text")
            .filter(|text| matches!(text.text_at("status"), Some("generated" | "extensions" | "empty")));
        if let Some(text) = narrative {
            text.each_leaf(&mut |leaf| fixed.push(leaf.ix));
        }
        self.accounts.mark(&fixed, Account::Structural);
    }

    fn finish(self) -> (Instance, Ledger, usize) {
        let mut ledger = Ledger::default();
        for state in &self.accounts.states {
            match state {
                Account::Structural => ledger.structural(1),
                Account::Used => ledger.translated(1),
                Account::Open => {}
            }
        }
        if ledger.total < u32::try_from(self.accounts.states.len()).unwrap_or(u32::MAX) {
            let Accounts { states, reasons } = &self.accounts;
            let state = |leaf: &Leaf| {
                let open = states.get(leaf.ix as usize) == Some(&Account::Open);
                open.then(|| reasons.get(&leaf.ix).copied())
            };
            for (at, entry) in self.recognised.entries.iter().enumerate() {
                let known = self.recognised.roles[at].is_some();
                let otherwise = self.recognised.lost[at].filter(|_| !known).unwrap_or(Reason::Unknown);
                let account = losses::Account { at, resource: entry.resource, known, otherwise };
                for loss in account.losses(self.plan, self.codecs.terminology, state) {
                    ledger.lost(loss);
                }
            }
        }
        (self.instance, ledger, self.recognised.entries.len())
    }
}

/// Notes the leaves of a resource that its pattern fixes.
fn match_pattern(pattern: &Tree, tree: &Tree, fixed: &mut Vec<u32>) {
    match (pattern, tree) {
        (Tree::Object(members), Tree::Object(_)) => {
            if pattern.text_at("reference").is_some_and(|text| text.starts_with('@')) {
                tree.each_leaf(&mut |leaf| fixed.push(leaf.ix));
                return;
            }
            for (name, value) in members.iter().filter(|(name, _)| name != IF) {
                if let Some(inner) = tree.get(name) {
                    match_pattern(value, inner, fixed);
                }
            }
        }
        (Tree::Array(patterns), _) => {
            for item in tree.items() {
                for pattern in patterns.iter().filter(|pattern| agrees(pattern, item)) {
                    match_pattern(pattern, item, fixed);
                }
            }
        }
        (_, Tree::Array(items)) => items.iter().for_each(|item| match_pattern(pattern, item, fixed)),
        (Tree::Leaf(own), Tree::Leaf(leaf)) if own == leaf => fixed.push(leaf.ix),
        _ => {}
    }
}

/// True if an item of an array has everything that an item of the pattern fixes. Labels, references, and what is
/// there under a condition do not count.
fn agrees(pattern: &Tree, tree: &Tree) -> bool {
    match pattern {
        Tree::Leaf(own) => own.text.starts_with('@') || tree.leaf() == Some(own),
        Tree::Array(items) => {
            items.iter().filter(|item| !may_lack(item)).all(|item| tree.items().iter().any(|other| agrees(item, other)))
        }
        Tree::Object(members) => members.iter().all(|(name, value)| {
            name == "display"
                || name == IF
                || may_lack(value)
                || tree.get(name).is_some_and(|inner| agrees(value, inner))
        }),
    }
}

/// True for a part of a pattern that is not always there: a reference, something conditional, a reason for absence.
fn may_lack(pattern: &Tree) -> bool {
    match pattern {
        Tree::Leaf(_) => false,
        Tree::Array(items) => items.iter().all(may_lack),
        Tree::Object(members) => {
            pattern.get(IF).is_some()
                || pattern.text_at("reference").is_some_and(|text| text.starts_with('@'))
                || pattern.text_at("url") == Some(urls::DATA_ABSENT)
                || members.iter().all(|(_, value)| may_lack(value))
        }
    }
}
