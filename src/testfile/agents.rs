//! Agents: their aliases, and which of them a command is for.

use super::chain::trim;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

/// The alias of an account: what stands between `<` and `>`, else its first word, cut at the first `;`.
///
/// `"A" <sip:alice@host;transport=udp>;auth_pass=x` is `sip:alice@host`.
pub fn alias(account: &str) -> &str {
    &account[alias_range(account)]
}

fn alias_range(account: &str) -> Range<usize> {
    // a display name may contain anything
    let name = account.trim_start().strip_prefix('"').and_then(|rest| Some((rest, rest.find('"')? + 1)));
    let after_name = name.map_or(0, |(rest, length)| account.len() - rest.len() + length);
    let (start, end) = match account[after_name..].find('<') {
        Some(at) => {
            let start = after_name + at + 1;
            (start, account[start..].find('>').map_or(account.len(), |length| start + length))
        }
        None => {
            let start = account.len() - account.trim_start().len();
            (start, account[start..].find(char::is_whitespace).map_or(account.len(), |length| start + length))
        }
    };
    trim(account, start..cut(account, start..end))
}

/// Where a range ends if it is cut at its first `;`.
fn cut(text: &str, range: Range<usize>) -> usize {
    text[range.clone()].find(';').map_or(range.end, |length| range.start + length)
}

/// The agent that is meant by a word before a colon, or after `uafind`: cut at its first `;`, without `<>`.
pub fn meant(text: &str, range: Range<usize>) -> Range<usize> {
    let range = range.start..cut(text, range);
    let word = &text[range.clone()];
    let start = range.start + (word.len() - word.trim_start_matches('<').len());
    let end = start + word.trim_start_matches('<').trim_end_matches('>').len();
    trim(text, start..end)
}

/// The file names of the shortcuts `;input_wav=file.wav` and `;wav=file.wav/` in an account (any case).
pub fn wav_names(account: &str) -> Vec<Range<usize>> {
    let lower = account.to_ascii_lowercase();
    let mut names = Vec::new();
    for (key, end) in [(";input_wav=", ""), (";wav=", "/")] {
        for (at, _) in lower.match_indices(key) {
            let start = at + key.len();
            let length = lower[start..].find(|c: char| c == ';' || c.is_whitespace()).unwrap_or(lower.len() - start);
            let name = lower[start..start + length].strip_suffix(end);
            names.extend(name.map(|name| start..start + name.len()));
        }
    }
    names.sort_by_key(|name: &Range<usize>| name.start);
    names
}

/// The agents that exist at a line of a testfile.
#[derive(Debug, Default)]
pub struct Agents {
    aliases: HashSet<String>,
    active: Option<Arc<str>>,
}

impl Agents {
    /// `uanew`: the new agent becomes the active one.
    pub fn create(&mut self, alias: &str) {
        self.aliases.insert(alias.to_string());
        self.active = Some(alias.into());
    }

    /// `uafind`: makes an agent the active one, if there is one of that alias.
    pub fn find(&mut self, alias: &str) -> bool {
        let found = self.aliases.contains(alias);
        if found {
            self.active = Some(alias.into());
        }
        found
    }

    /// `uadelall`
    pub fn delete_all(&mut self) {
        *self = Agents::default();
    }

    pub fn active(&self) -> Option<&Arc<str>> {
        self.active.as_ref()
    }

    /// In alphabetical order.
    pub fn aliases(&self) -> Vec<&str> {
        let mut aliases: Vec<&str> = self.aliases.iter().map(String::as_str).collect();
        aliases.sort_unstable();
        aliases
    }

    /// The alias that has this user before its `@`.
    pub fn of_user(&self, user: &str) -> Option<&str> {
        let is_of =
            |alias: &&str| alias.split_once('@').is_some_and(|(named, _)| named.rsplit(':').next() == Some(user));
        self.aliases().into_iter().find(is_of)
    }

    /// Takes a command apart: where the alias of the agent stands that it names (none: it is for the active agent), and
    /// where the command for that agent stands.
    pub fn target(&self, text: &str) -> (Option<Range<usize>>, Range<usize>) {
        if let Some(colon) = target_colon(text) {
            let target = meant(text, 0..colon);
            if self.aliases.contains(&text[target.clone()]) {
                return (Some(target), trim(text, colon + 1..text.len()));
            }
        }
        (None, 0..text.len())
    }
}

/// The last colon of the first word.
pub fn target_colon(text: &str) -> Option<usize> {
    let first = text.find(char::is_whitespace).unwrap_or(text.len());
    text[..first].rfind(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whom `text` is for and what is sent, where these agents exist; the last one is active.
    fn take<'a>(aliases: &[&'a str], text: &'a str) -> (&'a str, &'a str) {
        let mut agents = Agents::default();
        for alias in aliases {
            agents.create(alias);
        }
        let (target, command) = agents.target(text);
        (target.map_or(aliases.last().copied().unwrap_or(""), |target| &text[target]), &text[command])
    }

    #[test]
    fn the_table_of_the_language() {
        assert_eq!(take(&["ua1"], "ua1:dial x"), ("ua1", "dial x"));
        let host = "sip:test1@host.com";
        assert_eq!(take(&[host], "sip:test1@host.com:accept"), (host, "accept"));
        assert_eq!(take(&[host], "sip:test1@host.com;transport=tls:dial x"), (host, "dial x"));
        let unchanged = "dial sip:other@host ;wav=test.wav/";
        assert_eq!(take(&["ua1"], unchanged), ("ua1", unchanged));
    }

    #[test]
    fn the_first_word_is_cut_at_its_last_colon() {
        assert_eq!(take(&["sip:a@h:5070", "b"], "sip:a@h:5070:hangup"), ("sip:a@h:5070", "hangup"));
        assert_eq!(take(&["sip:a@h", "b"], "<sip:a@h;transport=tls>:dial  x:y"), ("sip:a@h", "dial  x:y"));
        assert_eq!(take(&["a", "b"], "a: dial x"), ("a", "dial x"));
        assert_eq!(take(&["a", "b"], "a:"), ("a", ""));
        assert_eq!(take(&["a", "b"], "c:dial x"), ("b", "c:dial x"));
        assert_eq!(take(&["a", "b"], "dial a:x"), ("b", "dial a:x"));
        assert_eq!(take(&["ä", "b"], "ä:dial é"), ("ä", "dial é"));
    }

    #[test]
    fn an_alias_is_the_address_of_record() {
        for (account, expected) in [
            ("<sip:alice@host;transport=udp>;auth_pass=x", "sip:alice@host"),
            ("<sip:alice@host>", "sip:alice@host"),
            ("\"A <b>; c\" <sip:alice@host>;regint=0", "sip:alice@host"),
            ("Alice <sip:alice@host", "sip:alice@host"),
            ("sip:alice@host;regint=0 more", "sip:alice@host"),
            ("ua1", "ua1"),
            ("<>", ""),
            (" \"open", "\"open"),
            ("", ""),
        ] {
            assert_eq!(alias(account), expected, "{account}");
        }
    }

    #[test]
    fn the_shortcuts_name_wav_files() {
        let account = "<sip:a@h>;INPUT_WAV=a.wav;wav=b/c.wav/;x=1;wav=no.wav;input_wav=";
        let names: Vec<&str> = wav_names(account).into_iter().map(|name| &account[name]).collect();
        assert_eq!(names, ["a.wav", "b/c.wav", ""]);
    }

    #[test]
    fn uafind_and_uadelall_change_the_active_agent() {
        let mut agents = Agents::default();
        agents.create("b");
        agents.create("a");
        assert!(agents.find("b") && !agents.find("c"));
        assert_eq!((agents.active().map(|alias| &**alias), agents.aliases()), (Some("b"), vec!["a", "b"]));
        agents.delete_all();
        assert_eq!((agents.active(), agents.target("a:x")), (None, (None, 0..3)));
    }
}
