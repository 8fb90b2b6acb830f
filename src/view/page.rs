//! A case as one page, that needs no network and no script.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::source::{Piece, Sources};
use super::unread::{Part, Unread};
use super::{Case, Language, Said, Shown, SourceFile};
use crate::convert::Reading;

const STYLE: &str = include_str!("page.css");

/// A page of HTML with what was read, what was not, and the source beside it.
///
/// It holds all that it needs, and no script. `files` are the inputs in the order in which they were read. The page holds the
/// record: whoever writes it decides who may see it.
///
/// ```
/// use ooievaar::Converter;
/// use ooievaar::view::{Language, SourceFile, page};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let message = std::fs::read("fixtures/kernset-2.3/minimal.xml")?;
/// let reading = Converter::new()?.read(&message)?;
/// let html = page(&reading, &[SourceFile { name: "minimal.xml", bytes: &message, is_of_one_case: true }], Language::English);
/// assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\">"));
/// # Ok(())
/// # }
/// ```
pub fn page(reading: &Reading, files: &[SourceFile<'_>], language: Language) -> String {
    let sources = Sources::new(files);
    let case = Case::of(reading, language);
    let unread = Unread::of(reading, language, &sources);
    let marks = marks(&case, &unread);
    let page = Page { language, sources };
    let markup = html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (reading.title()) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (reading.title()) }
                    (page.counts(&unread))
                    (page.glance(&case.glance))
                    (page.moments(&case.moments))
                    (page.all(&case.all))
                    (page.parts("lost", language.of("Niet gelezen", "Not read"), &unread.lost))
                    (page.parts("told", language.of("Gelezen, met een opmerking", "Read, with a remark"), &unread.told))
                }
                (page.source(&marks))
            }
        }
    };
    markup.into_string()
}

/// The positions of all that leads to the source, in order.
fn marks(case: &Case, unread: &Unread) -> Vec<u32> {
    fn below(shown: &Shown, marks: &mut Vec<u32>) {
        marks.extend(shown.said.as_ref().map(|_| shown.position));
        shown.below.iter().for_each(|shown| below(shown, marks));
    }
    let mut marks: Vec<u32> = unread.remarks().map(|remark| remark.position).collect();
    case.all.iter().for_each(|shown| below(shown, &mut marks));
    marks.sort_unstable();
    marks.dedup();
    marks
}

struct Page<'a> {
    language: Language,
    sources: Sources<'a>,
}

impl Page<'_> {
    /// How much is on the page, before anything else: whoever reads on has to know that something is missing.
    fn counts(&self, unread: &Unread) -> Markup {
        let language = self.language;
        html! {
            p {
                @if unread.count() == 0 {
                    (language.of("Alles uit de bron staat op deze pagina.", "All of the source is on this page."))
                } @else {
                    a href="#lost" {
                        (language.of("Niet alles uit de bron is gelezen", "Not all of the source was read"))
                        ": " (unread.count()) "."
                    }
                }
            }
        }
    }

    fn glance(&self, shown: &[Shown]) -> Markup {
        html! {
            @if !shown.is_empty() {
                section {
                    h2 { (self.language.of("In het kort", "At a glance")) }
                    (self.values(&shown.iter().collect::<Vec<_>>()))
                }
            }
        }
    }

    /// The moment goes first: that is what the list is in order of.
    fn moments(&self, shown: &[Shown]) -> Markup {
        html! {
            @if !shown.is_empty() {
                section {
                    h2 { (self.language.of("Wat er wanneer was", "What was when")) }
                    ol {
                        @for shown in shown {
                            li {
                                @if let Some(said) = &shown.said { (value(said)) }
                                span.what { (shown.name) } " " (self.link(shown.position))
                            }
                        }
                    }
                }
            }
        }
    }

    /// All of the case: a section for each group, and one for what stands in none.
    fn all(&self, shown: &[Shown]) -> Markup {
        let (single, groups): (Vec<&Shown>, Vec<&Shown>) = shown.iter().partition(|shown| shown.said.is_some());
        html! {
            @if !single.is_empty() {
                section { h2 { (self.language.of("Algemeen", "General")) } (self.values(&single)) }
            }
            @for group in groups {
                section { (self.group(group, 2)) }
            }
        }
    }

    fn group(&self, group: &Shown, level: u8) -> Markup {
        let (single, groups): (Vec<&Shown>, Vec<&Shown>) = group.below.iter().partition(|shown| shown.said.is_some());
        html! {
            (heading(&group.name, level))
            (self.values(&single))
            @for group in groups {
                div.group { (self.group(group, level + 1)) }
            }
        }
    }

    fn values(&self, shown: &[&Shown]) -> Markup {
        html! {
            @if !shown.is_empty() {
                dl {
                    @for shown in shown {
                        @if let Some(said) = &shown.said {
                            div { dt { (shown.name) } dd { (value(said)) " " (self.link(shown.position)) } }
                        }
                    }
                }
            }
        }
    }

    /// Leads to the place in the source.
    fn link(&self, position: u32) -> Markup {
        let place = self.sources.place(position);
        let label = format!("{} {place}", self.language.of("in de bron, regel", "in the source, line"));
        if !self.sources.is_shown(position) {
            return html! { span.place { (self.sources.line_and_column(position)) } };
        }
        html! { a.place href={ "#b" (position) } aria-label=(label) { (self.sources.line_and_column(position)) } }
    }

    /// What stands in the source, as it stands there: the tables do not know what it means.
    fn parts(&self, id: &str, title: &str, parts: &[Part]) -> Markup {
        html! {
            @if !parts.is_empty() {
                section aria-labelledby=(id) {
                    h2 id=(id) { (title) }
                    @for part in parts {
                        @if let Some(name) = &part.name { h3 { (name) } }
                        ul {
                            @for remark in &part.remarks {
                                li {
                                    span.what { (remark.what) } ": " code { (remark.source) } " " (remark.why) " "
                                    (self.link(remark.position))
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn source(&self, marks: &[u32]) -> Markup {
        let title = self.language.of("Bron", "Source");
        let files = self.sources.pieces(marks);
        if files.is_empty() {
            return html! {};
        }
        html! {
            aside aria-label=(title) {
                h2 { (title) }
                @for (name, pieces) in files {
                    h3 { (name) }
                    pre tabindex="0" role="region" aria-label={ (title) " " (name) } {
                        @for piece in pieces { (shown_piece(&piece)) }
                    }
                }
            }
        }
    }
}

fn shown_piece(piece: &Piece) -> Markup {
    html! {
        @match piece.mark {
            Some(position) => span id={ "b" (position) } { (piece.text) },
            None => (piece.text),
        }
    }
}

/// HTML has six levels; what is deeper has the look of the last, and is told as what it is.
fn heading(name: &str, level: u8) -> Markup {
    html! {
        @match level {
            2 => h2 { (name) },
            3 => h3 { (name) },
            4 => h4 { (name) },
            5 => h5 { (name) },
            6 => h6 { (name) },
            level => div.deep role="heading" aria-level=(level) { (name) },
        }
    }
}

fn value(said: &Said) -> Markup {
    html! {
        @match &said.moment {
            Some(moment) => time datetime=(moment) { (said.words) },
            None => span.said { (said.words) },
        }
        @if let Some(detail) = &said.detail { " " small { (detail) } }
    }
}
