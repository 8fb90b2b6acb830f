//! The web of references: which of the roles that a resource may have agrees with its neighbours.
//!
//! One code can stand for several concepts; only what a resource refers to, and what refers to it, tells them apart.
//! So each resource starts with every role that its own content allows. A role that a reference contradicts is struck
//! out until nothing changes; then the resource nearest to the root that is still undecided takes the role that agrees
//! best, and what follows from that is struck out, until all are decided.

mod whom;

use super::reached::{Leads, Led, Reached};
use crate::dataset::{ConceptIx, Dataset};
use crate::plan::fhir::{ElementPath, FhirPlan, Role, RoleIx, Target};

/// A reference to a resource: who makes it, in which role, and what it means by it.
pub(super) struct Incoming {
    pub from: usize,
    pub role: RoleIx,
    pub target: Target,
}

/// The roles that resources may have, and the references between them.
pub(super) struct Web<'p> {
    pub(super) plan: &'p FhirPlan,
    pub(super) dataset: &'p Dataset,
    /// Per resource: the first role that it may have by its own content, if some row knows it.
    known: Vec<Option<RoleIx>>,
    pub(super) candidates: Vec<Vec<RoleIx>>,
    /// Per resource and candidate: the resources that each reference of the role leads to.
    pub(super) outgoing: Vec<Vec<(RoleIx, Vec<Reached>)>>,
    pub(super) incoming: Vec<Vec<Incoming>>,
    /// Per role: true if some row makes a reference to it.
    wanted: Vec<bool>,
    /// Per role: how many resources may have it by their own content.
    pub(super) may_be: Vec<usize>,
    /// Per role: true if none may have it, and the source names several that are not there.
    named_apart: Vec<bool>,
    /// Per role: how many resources can have no other.
    sure: Vec<usize>,
    /// Groups whose members some resource always collects.
    surely_collected: Vec<ConceptIx>,
    /// Per resource: true if something on which its candidates depend has changed since they were looked at.
    stale: Vec<bool>,
}

impl<'p> Web<'p> {
    /// The web of resources with these candidates; `targets` follows an element of a resource that is a reference, or
    /// several: what each leads to, and the types of what is not there.
    pub fn new(
        plan: &'p FhirPlan,
        dataset: &'p Dataset,
        candidates: Vec<Vec<RoleIx>>,
        targets: impl Fn(usize, &ElementPath) -> Leads,
    ) -> Self {
        let known = candidates.iter().map(|roles| roles.first().copied()).collect();
        let mut incoming: Vec<Vec<Incoming>> = candidates.iter().map(|_| Vec::new()).collect();
        let mut outgoing = Vec::with_capacity(candidates.len());
        for (from, roles) in candidates.iter().enumerate() {
            let mut links = Vec::with_capacity(roles.len());
            for role in roles {
                let references = &plan.role(*role).references;
                let reached: Vec<Reached> =
                    references.iter().map(|reference| Reached::of(targets(from, &reference.path))).collect();
                for (reference, reached) in references.iter().zip(&reached) {
                    for (at, _) in &reached.all {
                        incoming[*at].push(Incoming { from, role: *role, target: reference.target });
                    }
                }
                links.push((*role, reached));
            }
            outgoing.push(links);
        }
        let mut may_be = vec![0; plan.roles.len()];
        candidates.iter().flatten().for_each(|role| may_be[usize::from(role.0)] += 1);
        let stale = vec![true; candidates.len()];
        let mut wanted = vec![false; plan.roles.len()];
        let mut surely_collected = Vec::new();
        for reference in plan.roles.iter().flat_map(|role| &role.references) {
            match reference.target {
                Target::Role(role) => wanted[usize::from(role.0)] = true,
                // What collects only under a condition is always there when there is something to collect.
                Target::Members(group) if reference.condition.is_some() => surely_collected.push(group),
                Target::Members(_) => {}
            }
        }
        let mut sure = vec![0; plan.roles.len()];
        candidates
            .iter()
            .filter_map(|roles| only(roles.iter().copied()))
            .for_each(|role| sure[usize::from(role.0)] += 1);
        let mut web = Self {
            plan,
            dataset,
            known,
            candidates,
            outgoing,
            incoming,
            wanted,
            may_be,
            named_apart: Vec::new(),
            sure,
            surely_collected,
            stale,
        };
        web.named_apart = web.named_apart();
        web.strike_guesses();
        web
    }

    /// The roles that remain: mostly one for a resource, none for one that the references leave without a place. And the
    /// resources that are one too many.
    pub fn settle(mut self) -> (Vec<Vec<RoleIx>>, Vec<usize>) {
        let mut settled = vec![false; self.candidates.len()];
        loop {
            while self.strike_impossible() {}
            let undecided = (0..self.candidates.len()).filter(|at| !settled[*at] && self.candidates[*at].len() > 1);
            // The table is in the order of the dataset: what others belong to comes before them.
            let Some(at) = undecided.min_by_key(|at| self.candidates[*at].iter().max().copied()) else { break };
            self.prefer(at);
            settled[at] = true;
        }
        let surplus = self.drop_surplus();
        while self.strike_impossible() {}
        self.drop_guesses();
        (self.candidates, surplus)
    }

    /// Of several resources that are what there is one of (two deliveries of a pregnancy), the first that others refer to
    /// stands: the others have no role, and what is part of them is not said of it.
    fn drop_surplus(&mut self) -> Vec<usize> {
        let mut taken = vec![false; self.plan.roles.len()];
        let mut surplus = Vec::new();
        // One that nothing names is none that others are part of.
        let mut all: Vec<usize> = (0..self.candidates.len()).collect();
        all.sort_by_key(|at| self.referrers(*at).next().is_none());
        for at in all {
            let [role] = self.candidates[at][..] else { continue };
            if self.is_whole(role) && self.is_wanted(role) && std::mem::replace(&mut taken[usize::from(role.0)], true) {
                surplus.push(at);
            }
        }
        // What tells of a person is there once for each: of two births of one child one stands.
        for at in 0..self.candidates.len() {
            let [role] = self.candidates[at][..] else { continue };
            let tells =
                self.referrers(at).filter(|one| one.target == Target::Role(role) && self.is_teller(one.role, role));
            let mut tellers: Vec<usize> = tells.map(|one| one.from).collect();
            tellers.sort_by_key(|from| (self.referrers(*from).next().is_none(), *from));
            tellers.dedup();
            surplus.extend(tellers.into_iter().skip(1));
        }
        for at in &surplus {
            self.leave(*at, Vec::new());
        }
        surplus
    }

    pub(super) fn strike_impossible(&mut self) -> bool {
        let mut changed = false;
        for at in 0..self.candidates.len() {
            if !std::mem::take(&mut self.stale[at]) {
                continue;
            }
            let mut possible: Vec<RoleIx> =
                self.candidates[at].iter().copied().filter(|ix| self.is_possible(at, *ix)).collect();
            narrow(&mut possible, |ix| !self.is_taken(at, *ix));
            if possible.len() < self.candidates[at].len() {
                self.leave(at, possible);
                changed = true;
            }
        }
        changed
    }

    /// Leaves a resource these roles: it, its neighbours, and who may have had a role of which there is one, are to be
    /// looked at again.
    pub(super) fn leave(&mut self, at: usize, roles: Vec<RoleIx>) {
        let [before, after] = [&self.candidates[at], &roles].map(|roles| only(roles.iter().copied()));
        if let Some(role) = before {
            self.sure[usize::from(role.0)] -= 1;
        }
        if let Some(role) = after {
            self.sure[usize::from(role.0)] += 1;
        }
        self.candidates[at] = roles;
        self.stale[at] = true;
        let targets = self.outgoing[at].iter().flat_map(|(_, links)| links).flat_map(|reached| &reached.all);
        for neighbour in self.incoming[at].iter().map(|incoming| incoming.from).chain(targets.map(|led| led.0)) {
            self.stale[neighbour] = true;
        }
        if let [only] = self.candidates[at][..]
            && self.is_sole(only)
        {
            self.stale.fill(true);
        }
    }

    /// False if a reference contradicts a role: it refers to something else than the role wants (to a woman who is not in the
    /// source, and so not to the one who is), or to more (what is part of a birth too is not about the delivery alone), does
    /// not say to which of several children, pregnancies or contacts the resource belongs, or a list that always has it lacks
    /// it.
    fn is_possible(&self, at: usize, ix: RoleIx) -> bool {
        let role = self.plan.role(ix);
        let collector = self.surely_collected.iter().find(|group| self.dataset.is_within(role.concept, **group));
        if collector.is_some_and(|group| !self.groups(at).any(|listed| listed == *group)) {
            return false;
        }
        let agrees = self.references(at, ix).all(|(wanted, reached)| {
            let is_open = || {
                !self.dataset.may_repeat(self.plan.role(wanted).group)
                    && !self.is_another(wanted, reached)
                    && !self.is_nobodys(at, ix, wanted, reached)
                    && !self.is_of_one_of_several(at, ix, wanted, reached)
            };
            (reached.all.is_empty() && is_open())
                || (self.may_mean(reached, wanted) && !self.names_others_too(reached, wanted))
        });
        agrees
            && !self.says_more(at, ix)
            && !self.is_about_another(at, ix)
            && !self.is_in_several(at, ix)
            && self.is_told_of(at, ix)
    }

    /// True if an element leads to several of what the resource can be in one of: two births. Then nothing tells in which.
    fn is_in_several(&self, at: usize, ix: RoleIx) -> bool {
        let own = self.plan.role(ix);
        own.references.iter().zip(self.links(at, ix)).any(|(reference, reached)| {
            let Target::Role(wanted) = reference.target else { return false };
            if reached.all.len() < 2 {
                return false;
            }
            let holder = self.plan.role(wanted);
            let holds_one = wanted != ix
                && holder.per == holder.group
                && self.dataset.may_repeat(holder.group)
                && self.dataset.is_within(own.concept, holder.group);
            let mut sure =
                reached.all.iter().map(|led| led.0).filter(|target| self.candidates[*target][..] == [wanted]);
            let first = sure.next();
            holds_one && sure.any(|other| Some(other) != first)
        })
    }

    /// True if a reference may lead to something with a role. What is part of a larger thing leads there only as long as it is
    /// what rows take it for: a contact of somebody else is no part of her record.
    fn may_mean(&self, reached: &Reached, wanted: RoleIx) -> bool {
        let is_so = |part: usize| self.known[part].is_none() || !self.candidates[part].is_empty();
        reached.all.iter().any(|(target, part)| self.candidates[*target].contains(&wanted) && part.is_none_or(is_so))
    }

    /// True if an element that must refer to something refers to something else beside it, which rows know and the role
    /// does not mention there.
    fn says_more(&self, at: usize, ix: RoleIx) -> bool {
        let references = &self.plan.role(ix).references;
        let is_meant = |path: &ElementPath, target: usize| {
            references.iter().filter(|reference| reference.path == *path).any(|reference| {
                self.candidates[target].iter().any(|own| reference.target.is(self.plan, self.dataset, *own))
            })
        };
        references.iter().zip(self.links(at, ix)).any(|(reference, reached)| {
            let required = matches!(reference.target, Target::Role(_)) && !reference.optional;
            let strange = |one: &Vec<Led>| {
                one.iter().any(|(target, _)| self.known[*target].is_some())
                    && !one.iter().any(|(target, _)| is_meant(&reference.path, *target))
            };
            required && reached.each.iter().any(strange)
        })
    }

    /// True if another resource is what there is one of: the current pregnancy.
    fn is_taken(&self, at: usize, ix: RoleIx) -> bool {
        let own = usize::from(self.candidates[at][..] == [ix]);
        self.is_sole(ix) && self.sure[usize::from(ix.0)] > own
    }

    /// True for a role that one resource has.
    fn is_sole(&self, ix: RoleIx) -> bool {
        let role = self.plan.role(ix);
        role.per == role.group && !self.dataset.may_repeat(role.group)
    }

    /// Leaves a resource the roles that agree best with its neighbours.
    fn prefer(&mut self, at: usize) {
        let within = |ix: &RoleIx, group: ConceptIx| self.dataset.is_within(self.plan.role(*ix).concept, group);
        let suits = |ix: &RoleIx| self.groups(at).next().is_none() || self.groups(at).any(|group| within(ix, group));
        let linked = |ix: &RoleIx| self.is_linked(at, *ix, &self.candidates);
        let supported = |ix: &RoleIx| !self.is_wanted(*ix) || self.is_named(at, *ix, &self.candidates);
        let mut kept = self.candidates[at].clone();
        narrow(&mut kept, suits);
        narrow(&mut kept, linked);
        // The role that accounts for most of what the resource refers to.
        let most = kept.iter().map(|ix| self.satisfied(at, *ix)).max();
        narrow(&mut kept, |ix| Some(self.satisfied(at, *ix)) == most);
        let mut referrers: Vec<&Incoming> = self.referrers(at).collect();
        // What is nearest to the root is asked first: the record says which pregnancy is the current one.
        referrers.sort_by_key(|incoming| (incoming.role, incoming.from));
        for one in &referrers {
            narrow(&mut kept, |ix| {
                referrers.iter().any(|other| other.from == one.from && other.target.is(self.plan, self.dataset, *ix))
            });
        }
        narrow(&mut kept, supported);
        self.leave(at, kept);
    }

    /// How many of the references that a role must have lead to what it wants.
    fn satisfied(&self, at: usize, ix: RoleIx) -> usize {
        self.references(at, ix).filter(|(wanted, reached)| self.may_mean(reached, *wanted)).count()
    }

    /// Strikes what only references can tell apart, and no reference does: an organization to which nothing refers
    /// that is known itself has no role that one could name.
    fn drop_guesses(&mut self) {
        let mut known: Vec<Vec<RoleIx>> = self
            .candidates
            .iter()
            .map(|roles| roles.iter().copied().filter(|ix| self.is_telling(*ix)).collect())
            .collect();
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for at in 0..self.candidates.len() {
                for ix in &self.candidates[at] {
                    let points_home = || !self.is_wanted(*ix) && self.is_linked(at, *ix, &known);
                    if !known[at].contains(ix) && (self.is_named(at, *ix, &known) || points_home()) {
                        known[at].push(*ix);
                        changed = true;
                    }
                }
            }
        }
        for (roles, known) in self.candidates.iter_mut().zip(&known) {
            roles.retain(|ix| known.contains(ix));
        }
    }

    /// The references that a role must have: the role each wants, and where each leads.
    fn references(&self, at: usize, ix: RoleIx) -> impl Iterator<Item = (RoleIx, &Reached)> {
        let links = self.plan.role(ix).references.iter().zip(self.links(at, ix));
        links.filter_map(|(reference, reached)| match reference.target {
            Target::Role(wanted) if !reference.optional => Some((wanted, reached)),
            _ => None,
        })
    }

    /// Where each reference of a role leads.
    fn links(&self, at: usize, ix: RoleIx) -> &[Reached] {
        self.outgoing[at].iter().find(|(role, _)| *role == ix).map_or(&[][..], |(_, links)| links)
    }

    /// The references to a resource that are still possible.
    fn referrers(&self, at: usize) -> impl Iterator<Item = &Incoming> {
        self.incoming[at].iter().filter(|incoming| self.candidates[incoming.from].contains(&incoming.role))
    }

    /// The groups for which others collect a resource.
    fn groups(&self, at: usize) -> impl Iterator<Item = ConceptIx> {
        self.referrers(at).filter_map(|incoming| match incoming.target {
            Target::Members(group) => Some(group),
            Target::Role(_) => None,
        })
    }

    /// True if the references that a role demands are there and may mean what they should.
    fn is_linked(&self, at: usize, ix: RoleIx, candidates: &[Vec<RoleIx>]) -> bool {
        self.references(at, ix)
            .all(|(wanted, reached)| reached.all.iter().any(|(target, _)| candidates[*target].contains(&wanted)))
    }

    /// True if some resource, in a role among these, refers to this one in the role.
    fn is_named(&self, at: usize, ix: RoleIx, candidates: &[Vec<RoleIx>]) -> bool {
        self.incoming[at]
            .iter()
            .any(|incoming| incoming.target == Target::Role(ix) && candidates[incoming.from].contains(&incoming.role))
    }

    /// True if some row makes a reference to this role.
    fn is_wanted(&self, ix: RoleIx) -> bool {
        self.wanted[usize::from(ix.0)]
    }

    /// True if the content of a resource alone tells its role: a code, or a profile that no other role has. A medicine, or the
    /// place of a birth, says nothing of anybody by itself: only what refers to it says that somebody had it.
    fn is_telling(&self, ix: RoleIx) -> bool {
        let role = self.plan.role(ix);
        if self.is_wanted(ix) && !self.is_person(ix) && self.says_nothing_of_anybody(role) {
            return false;
        }
        let alike = |other: &&Role| other.resource_type == role.resource_type && other.profiles == role.profiles;
        !role.codings.is_empty() || self.plan.roles.iter().filter(alike).count() == 1
    }

    /// True if what a role refers to refers to nothing: no person, and nothing that is about one.
    fn says_nothing_of_anybody(&self, role: &Role) -> bool {
        role.references.iter().all(|reference| match reference.target {
            Target::Role(target) => !self.is_person(target) && self.plan.role(target).references.is_empty(),
            Target::Members(_) => false,
        })
    }
}

/// The item of an iterator that has one.
pub(super) fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let item = items.next()?;
    items.next().is_none().then_some(item)
}

/// Keeps what passes a test, if anything does.
fn narrow(roles: &mut Vec<RoleIx>, test: impl Fn(&RoleIx) -> bool) {
    if roles.len() > 1 && roles.iter().any(&test) {
        roles.retain(test);
    }
}
