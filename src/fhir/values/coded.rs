//! Coded answers from the codings of a concept: which of them is the answer, and which of the others say the same.

use super::codec::{Codecs, Used};
use crate::dataset::{Code, ConceptIx, Content, NullFlavor, Text, Value};
use crate::ledger::Reason;
use crate::plan::fhir::{Field, Token};
use crate::terminology::{CodeMap, Mapping, ValueSet};
use crate::tree::Tree;

/// What the tables know of the answers to a question.
#[derive(Clone, Copy)]
struct Known<'a> {
    members: Option<&'a ValueSet>,
    map: Option<&'a CodeMap>,
}

/// A coding with its system as an OID.
#[derive(Clone, Copy)]
struct Said<'t> {
    tree: &'t Tree,
    system: &'t str,
    code: &'t str,
}

impl Known<'_> {
    /// True for an answer to the question, or the translation of one.
    fn knows(&self, said: Said) -> bool {
        self.members.is_some_and(|members| members.find(said.code, said.system).is_some())
            || self.map.is_some_and(|map| {
                map.forward(said.system, said.code).is_some() || map.sources_of(said.system, said.code).next().is_some()
            })
    }

    /// True if the one is the translation of the other.
    fn translates(&self, one: Said, other: Said) -> bool {
        let target = self.map.and_then(|map| map.forward(one.system, one.code));
        target.is_some_and(|row| row.target_system == other.system && row.target_code == other.code)
    }

    /// True if two codings say the same.
    fn agree(&self, one: Said, other: Said) -> bool {
        (one.system, one.code) == (other.system, other.code)
            || self.translates(one, other)
            || self.translates(other, one)
    }

    /// True if a text is what another answer is called, and not this one.
    fn is_name_of_another(&self, text: &str, answer: Said) -> bool {
        let wanted = text.trim();
        let members = self.members.map_or(&[][..], ValueSet::members).iter();
        let members = members.map(|member| (&member.display, &member.system, &member.code));
        let targets = self.map.map_or(&[][..], CodeMap::mappings).iter();
        let targets = targets.map(|row| (&row.target_display, &row.target_system, &row.target_code));
        let mut named = members.chain(targets).filter(|(display, ..)| display.eq_ignore_ascii_case(wanted)).peekable();
        let is_own = |system: &str, code: &str| self.agree(answer, Said { tree: answer.tree, system, code });
        named.peek().is_some() && named.all(|(_, system, code)| !is_own(system, code))
    }
}

impl Said<'_> {
    fn is_null(self) -> bool {
        self.system == NullFlavor::SYSTEM
    }
}

impl Codecs<'_> {
    /// True for a code that the value set of its concept does not have.
    pub(in crate::fhir) fn is_no_answer(&self, concept: ConceptIx, content: &Content) -> bool {
        let Content::Value(Value::Code(code)) = content else { return false };
        let members = self.terminology.value_set_of(self.dataset.get(concept));
        members.is_some_and(|members| members.find(&code.code, &code.system).is_none())
    }

    /// Reads a coded answer. `tokens` are codings that stand beside it.
    pub(in crate::fhir) fn read_concept(
        &self,
        field: &Field,
        tokens: &[Token],
        concept: &Tree,
        used: &mut Used,
    ) -> Result<Content, Reason> {
        let known = Known {
            members: self.terminology.value_set_of(self.dataset.get(field.concept)),
            map: field.code_map.as_deref().and_then(|name| self.terminology.code_map(name)),
        };
        let codings = concept.get("coding").map_or(&[][..], Tree::items).iter();
        let (fixed, codings): (Vec<&Tree>, Vec<&Tree>) =
            codings.partition(|coding| tokens.iter().any(|token| token.is(coding)));
        for coding in fixed {
            used.take_all(coding);
        }
        let said: Vec<Said> = codings.into_iter().map(|tree| self.said(tree)).collect();
        let Some((answer, is_selected)) = answer_among(known, &said) else {
            let text = concept.leaf_at("text").map(|leaf| Text::from(used.take(leaf))).ok_or(Reason::Datatype)?;
            return Ok(Content::Null { flavor: NullFlavor::Other, original_text: Some(text) });
        };
        let Value::Code(mut code) = self.read_coding(answer.tree, used)? else { return Err(Reason::Datatype) };
        for other in said.iter().filter(|other| !std::ptr::eq(other.tree, answer.tree)) {
            if known.agree(answer, *other) {
                used.take_all(other.tree);
            } else if other.is_null() || known.knows(*other) {
                used.contradict(other.tree);
            }
        }
        let original_text = text_beside(known, answer, concept, used);
        if answer.is_null() {
            let flavor = NullFlavor::from_code(&code.code).ok_or(Reason::Datatype)?;
            return Ok(Content::Null { flavor, original_text });
        }
        if let Some(display) = &code.display
            && known.is_name_of_another(display, answer)
        {
            code.display = None;
            used.put_back(answer.tree.get("display"), Reason::Contradiction);
        }
        if let Some(map) = known.map.filter(|map| !is_selected && map.forward(&code.system, &code.code).is_none())
            && let Some(row) = map.back(&code.system, &code.code)
        {
            code = source_of(row);
        }
        code.original_text = original_text;
        Ok(answer_of(code))
    }

    fn said<'t>(&'t self, tree: &'t Tree) -> Said<'t> {
        let system = tree.text_at("system").unwrap_or_default();
        let system = self.terminology.systems().oid(system).unwrap_or(system);
        Said { tree, system, code: tree.text_at("code").unwrap_or_default() }
    }

    pub(in crate::fhir) fn read_coding(&self, coding: &Tree, used: &mut Used) -> Result<Value, Reason> {
        let code = used.take_at(coding, "code").map(Text::from).ok_or(Reason::Datatype)?;
        let system = used.take_at(coding, "system").unwrap_or_default();
        let display = used.take_at(coding, "display").map(Text::from);
        used.take_at(coding, "userSelected");
        let system = self.terminology.systems().oid(system).unwrap_or(system);
        Ok(Value::Code(Code { code, system: system.into(), display, original_text: None }))
    }
}

/// The coding that is the answer, and whether a person chose it: of those that the question knows the one that was chosen, else
/// the first, or what that is the translation of. What is no answer to the question comes after these, a null flavour last.
fn answer_among<'t>(known: Known, said: &[Said<'t>]) -> Option<(Said<'t>, bool)> {
    let is_chosen = |said: &&Said| said.tree.text_at("userSelected") == Some("true");
    let is_answer = |said: &&Said| !said.is_null() && known.knows(**said);
    let first_that = |test: &dyn Fn(&&Said<'t>) -> bool| said.iter().find(test).copied();
    if let Some(chosen) = first_that(&|said| is_chosen(said) && is_answer(said)) {
        return Some((chosen, true));
    }
    if let Some(first) = first_that(&|said| is_answer(said)) {
        // A code of the message before its translation, which may be that of several.
        let is_original = |said: &&Said| known.translates(**said, first);
        return Some((first_that(&is_original).unwrap_or(first), false));
    }
    let other = first_that(&|said| is_chosen(said) || said.code == NullFlavor::Other.code() && said.is_null());
    let answer = other.or_else(|| first_that(&|said| !said.is_null())).or_else(|| said.first().copied())?;
    Some((answer, is_chosen(&&answer)))
}

/// What the author wrote beside a code, unless it is what another answer is called.
fn text_beside(known: Known, answer: Said, concept: &Tree, used: &mut Used) -> Option<Text> {
    let text = concept.leaf_at("text")?;
    if !answer.is_null() && known.is_name_of_another(&text.text, answer) {
        concept.get("text").into_iter().for_each(|tree| used.contradict(tree));
        return None;
    }
    Some(Text::from(used.take(text)))
}

/// The answer that a code of a code map gives.
pub(in crate::fhir) fn answer_of(code: Code) -> Content {
    match NullFlavor::from_code(&code.code).filter(|_| code.system == NullFlavor::SYSTEM) {
        Some(flavor) => Content::Null { flavor, original_text: code.original_text },
        None => Content::Value(Value::Code(code)),
    }
}

/// The source code of a row, for a resource that has only the target code.
pub(in crate::fhir) fn source_of(row: &Mapping) -> Code {
    Code { code: row.source_code.clone(), system: row.source_system.clone(), display: None, original_text: None }
}
