//! The receiver of a message: baresip sends it only to the current contact.

use super::answer::Answer;
use super::version::Version;
use crate::event::Ended;
use std::path::Path;

/// The first with `addcontact`; older ones read their contacts from a file, when the module is loaded.
const ADD_CONTACT: Version = (3, 21, 0);

pub struct Contacts {
    version: Version,
    /// In the order of baresip's list.
    known: Vec<String>,
    current: Option<usize>,
}

impl Contacts {
    pub fn new(version: Version) -> Contacts {
        Contacts { version, known: vec![], current: None }
    }

    /// Recipient and text of `message URI TEXT`; none for other commands, and for a `message` to the current contact.
    pub fn message(command: &str) -> Option<(&str, &str)> {
        let (peer, text) = command.strip_prefix("message ")?.trim_start().split_once(' ')?;
        let peer = peer.strip_prefix('<').and_then(|peer| peer.strip_suffix('>')).unwrap_or(peer);
        (peer.starts_with("sip:") || peer.starts_with("sips:")).then_some((peer, text))
    }

    /// Makes the peer the current contact; `folder` is the agent's.
    pub fn select(
        &mut self,
        peer: &str,
        folder: &Path,
        ask: impl Fn(&str) -> Result<Answer, Ended>,
    ) -> Result<(), Ended> {
        if self.version < ADD_CONTACT {
            match self.known.first() {
                Some(known) if known == peer => return Ok(()),
                // the answer to an earlier message goes to the module: it crashes when that is not there any more
                Some(known) => {
                    let advice = "use an agent for each peer, or a newer baresip";
                    let message =
                        format!("before baresip 3.21 an agent sends messages to one peer only, here `{known}`");
                    return Err(Ended { advice: Some(advice.into()), ..Ended::error(message) });
                }
                None => self.known.push(peer.to_string()),
            }
            let wrong = |error| Ended::error(format!("the agent's contacts can't be written: {error}"));
            std::fs::write(folder.join("contacts"), format!("<{peer}>\n")).map_err(wrong)?;
            std::fs::write(folder.join("current_contact"), peer).map_err(wrong)?;
            ask("rmmod contact.so")?;
            ask("insmod contact.so")?;
            return Ok(());
        }
        let wanted = match self.known.iter().position(|known| known == peer) {
            Some(place) => place,
            None => {
                let Answer { ok, data } = ask(&format!("addcontact <{peer}>"))?;
                if !ok {
                    return Err(Ended::error(format!("no message can be sent to `{peer}`: {}", data.trim())));
                }
                self.known.push(peer.to_string());
                self.known.len() - 1
            }
        };
        // the first step makes the first one current, whichever way it goes
        while self.current != Some(wanted) {
            let (step, current) = match self.current {
                None => ("contact_next", 0),
                Some(current) if current < wanted => ("contact_next", current + 1),
                Some(current) => ("contact_prev", current - 1),
            };
            ask(step)?;
            self.current = Some(current);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn a_message_to_a_uri_is_told_from_one_to_the_current_contact() {
        assert_eq!(
            Contacts::message("message sip:b@h;transport=tcp hi you"),
            Some(("sip:b@h;transport=tcp", "hi you"))
        );
        assert_eq!(Contacts::message("message <sip:b@h> hi"), Some(("sip:b@h", "hi")));
        for other in ["message hello you", "message sip:b@h", "message", "messages sip:b@h x", "dial sip:b@h x"] {
            assert_eq!(Contacts::message(other), None, "{other}");
        }
    }

    #[test]
    fn the_list_is_walked_to_the_contact() {
        let asked = RefCell::new(vec![]);
        let mut contacts = Contacts::new((4, 12, 0));
        let mut select = |peer: &str| {
            let answer = |question: &str| {
                asked.borrow_mut().push(question.to_string());
                Ok(Answer { ok: true, data: String::new() })
            };
            contacts.select(peer, Path::new("/nowhere"), answer).unwrap();
            asked.take()
        };
        assert_eq!(select("sip:a@h"), ["addcontact <sip:a@h>", "contact_next"]);
        assert_eq!(select("sip:b@h"), ["addcontact <sip:b@h>", "contact_next"]);
        assert_eq!(select("sip:c@h"), ["addcontact <sip:c@h>", "contact_next"]);
        assert_eq!(select("sip:a@h"), ["contact_prev", "contact_prev"]);
        assert_eq!(select("sip:a@h"), [""; 0]);
    }
}
