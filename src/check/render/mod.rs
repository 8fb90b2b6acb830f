//! The findings, for people and for programs.

mod github;
mod human;
mod json;
mod junit;
mod sarif;

use super::Report;

/// How to show a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renderer {
    /// For people: with the line, and the cell underlined.
    Human,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0, which code hosts show beside the lines.
    Sarif,
    /// `JUnit` XML, which build servers show as tests: one for each check.
    Junit,
    /// Workflow commands of GitHub Actions.
    Github,
}

impl Renderer {
    /// The renderer with a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "human" => Self::Human,
            "json" => Self::Json,
            "sarif" => Self::Sarif,
            "junit" => Self::Junit,
            "github" => Self::Github,
            _ => return None,
        })
    }

    /// Shows a report. `root` is put before the path of each file (the mappings folder, as the reader of the output knows it).
    pub fn render(self, report: &Report, root: &str) -> String {
        let root = root.trim_end_matches('/');
        let path = |file: &str| if root.is_empty() { file.to_owned() } else { format!("{root}/{file}") };
        match self {
            Self::Human => human::render(report, &path),
            Self::Json => json::render(report, &path),
            Self::Sarif => sarif::render(report, &path),
            Self::Junit => junit::render(report, &path),
            Self::Github => github::render(report, &path),
        }
    }
}

/// Gives the path to show for a path within the mappings folder.
type Paths<'p> = &'p dyn Fn(&str) -> String;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Diagnostic, Severity};

    fn report() -> Report {
        let finding = Diagnostic {
            code: "OOI-105",
            rule: "other-name",
            severity: Severity::Error,
            file: "messages/m/rows.csv".to_owned(),
            line: 3,
            start: 4,
            end: 13,
            column: "name".to_owned(),
            concept: "7 Uitkomst".to_owned(),
            message: "concept 7 is called `Uitkomst`".to_owned(),
            help: "mend the number or the name".to_owned(),
            fixable: false,
            text: "7, Uitkomst & <co>,parts".to_owned(),
            mend: None,
        };
        let warning = Diagnostic {
            code: "OOI-002",
            rule: "not-canonical",
            severity: Severity::Warning,
            file: "value-sets/v.csv".to_owned(),
            line: 1,
            start: 1,
            end: 2,
            column: String::new(),
            concept: String::new(),
            message: "begins with a byte-order mark, 100%".to_owned(),
            help: "run `ooievaar mappings fmt`".to_owned(),
            fixable: true,
            text: "\u{feff}code;code_system".to_owned(),
            mend: None,
        };
        let allowed = (finding.clone(), "published so".to_owned());
        Report { findings: vec![finding, warning], allowed: vec![allowed], files: 2, rows: 40 }
    }

    #[test]
    fn every_renderer_shows_the_findings() {
        for name in ["human", "json", "sarif", "junit", "github"] {
            let renderer = Renderer::from_name(name).unwrap();
            insta::assert_snapshot!(name, renderer.render(&report(), "mappings"));
        }
        assert!(Renderer::from_name("xml").is_none());
    }

    #[test]
    fn nothing_found_is_said() {
        let clean = Report { files: 2, rows: 40, ..Report::default() };
        insta::assert_snapshot!("human-clean", Renderer::Human.render(&clean, "mappings"));
        insta::assert_snapshot!("junit-clean", Renderer::Junit.render(&clean, "mappings"));
    }
}
