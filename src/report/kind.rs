//! The kinds of reports, and what `--report KIND=FILE` says.

use super::results::{Attempt, Results};
use super::{github, html, json, junit, tap, terminal};
use crate::diagnostic::nearest;
use std::path::PathBuf;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What a terminal shows, whole and without colours.
    Terminal,
    /// JUnit XML, for CI servers.
    Junit,
    /// The Test Anything Protocol, version 14.
    Tap,
    /// JSON, as docs/reports.md describes it.
    Json,
    /// Workflow commands of GitHub Actions.
    Github,
    /// One file for a browser, with everything in it.
    Html,
}

impl Kind {
    /// All kinds with their names.
    pub const ALL: [(&'static str, Kind); 6] = [
        ("terminal", Kind::Terminal),
        ("junit", Kind::Junit),
        ("tap", Kind::Tap),
        ("json", Kind::Json),
        ("github", Kind::Github),
        ("html", Kind::Html),
    ];

    /// As `--report` names it.
    pub fn word(self) -> &'static str {
        Kind::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Whether it is kept with a server's job: made from the results alone, for programs.
    pub fn is_kept(self) -> bool {
        match self {
            Kind::Junit | Kind::Tap | Kind::Json | Kind::Github => true,
            // the page is made from the runs' folders; a terminal's text is for no program
            Kind::Terminal | Kind::Html => false,
        }
    }

    /// The kinds that are kept with a server's job, with their names.
    pub fn kept() -> impl Iterator<Item = (&'static str, Kind)> {
        Kind::ALL.into_iter().filter(|(_, kind)| kind.is_kept())
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Kind::Json => "application/json",
            Kind::Junit => "application/xml",
            Kind::Html => "text/html; charset=utf-8",
            Kind::Terminal | Kind::Tap | Kind::Github => "text/plain; charset=utf-8",
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Kind, String> {
        if let Some((_, kind)) = Kind::ALL.iter().find(|(known, _)| *known == name) {
            return Ok(*kind);
        }
        let names = Kind::ALL.map(|(known, _)| known);
        Err(match nearest(name, names) {
            Some(near) => format!("there is no report `{name}`; did you mean `{near}`?"),
            None => format!("there is no report `{name}`; the reports are {}", names.join(", ")),
        })
    }
}

/// A report, and where it is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub kind: Kind,
    /// `-` is the standard output.
    pub file: PathBuf,
}

impl FromStr for Wanted {
    type Err = String;

    /// `junit=out/report.xml`
    fn from_str(text: &str) -> Result<Wanted, String> {
        let (name, file) = text.split_once('=').unwrap_or((text, ""));
        let kind = name.parse()?;
        match file {
            "" => Err(format!("name the file too: {name}=FILE, or {name}=- for the standard output")),
            file => Ok(Wanted { kind, file: file.into() }),
        }
    }
}

/// The whole report as text. It shows what was decided, and decides nothing. `fragment` gives what [`html::RunPage`] made of an
/// attempt's run; only the report for a browser asks for it.
pub fn render(kind: Kind, results: &Results, fragment: &mut dyn FnMut(&Attempt) -> Option<String>) -> String {
    match kind {
        Kind::Terminal => terminal::report(results, false),
        Kind::Junit => junit::report(results),
        Kind::Tap => tap::report(results),
        Kind::Json => json::report(results),
        Kind::Github => github::report(results),
        Kind::Html => {
            let mut page = vec![];
            // memory takes all that is written
            let _ = html::write(results, fragment, &mut page);
            String::from_utf8_lossy(&page).into_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_and_its_file() {
        let wanted: Wanted = "junit=out/a=b.xml".parse().unwrap();
        assert_eq!(wanted, Wanted { kind: Kind::Junit, file: "out/a=b.xml".into() });
        assert_eq!("tap=-".parse::<Wanted>().unwrap().file, PathBuf::from("-"));
        let told = |text: &str| text.parse::<Wanted>().unwrap_err();
        assert_eq!(told("junti=x"), "there is no report `junti`; did you mean `junit`?");
        assert_eq!(told("pdf"), "there is no report `pdf`; the reports are terminal, junit, tap, json, github, html");
        assert_eq!(told("tap"), "name the file too: tap=FILE, or tap=- for the standard output");
        assert_eq!(told("tap="), told("tap"));
    }
}
