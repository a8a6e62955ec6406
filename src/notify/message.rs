//! The body of a finished run for each kind of webhook. docs/webhooks.md shows the bodies.

use crate::diagnostic::{Diagnostic, is_invisible, mask_secrets};
use crate::event::Time;
use crate::record::Header;
use crate::store::WebhookKind;
use crate::verdict::{Status, Verdict};
use serde_json::{Value, json};
use std::time::Duration;

/// What `schema` says in the generic JSON: another one when a field changes its meaning or goes away, not when one is added.
const SCHEMA: &str = "telefonist-webhook/1";
/// The most characters of a text, which may come from a test or a peer: receivers have limits.
const LONGEST: usize = 1000;
/// The most characters of a field that Slack takes, as it is written there.
const SLACK_LONGEST: usize = 1900;

/// A finished run, or a test that could not begin, as messages describe it. Its texts hold no secrets, nothing invisible, and are
/// short.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    pub what: Told,
    /// The name of the test.
    pub test: String,
    pub project: Option<String>,
    pub status: Status,
    /// The weightiest one.
    pub reason: Option<String>,
    /// The flow's; empty where there is none.
    pub hash: String,
    pub started: Time,
    pub duration: Duration,
    /// Where a browser finds the run.
    pub link: Option<String>,
}

/// What a message tells of.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// By its id.
    Run(String),
    /// A test that could not begin, by the job that it was of.
    Job(i64),
    /// Nothing: it is sent by hand, to see whether it arrives.
    Trial,
}

impl Told {
    /// What its deliveries are found by: a run's id, or `job-N`.
    pub fn key(&self) -> String {
        match self {
            Told::Run(run) => run.clone(),
            Told::Job(job) => format!("job-{job}"),
            Told::Trial => "none".into(),
        }
    }
}

impl Finished {
    pub fn new(header: &Header, verdict: &Verdict, duration: Duration) -> Finished {
        Finished {
            what: Told::Run(clean(&header.run)),
            test: clean(&header.test),
            project: header.project.as_deref().map(clean),
            status: verdict.status,
            reason: verdict.reasons.first().map(|reason| clean(&reason.message)),
            hash: verdict.hash.clone(),
            started: header.time,
            duration,
            link: None,
        }
    }

    /// A test of a job that could not begin: its text has errors, an account is missing.
    pub fn not_begun(job: i64, test: &str, project: Option<&str>, why: &Diagnostic, now: Time) -> Finished {
        Finished {
            what: Told::Job(job),
            test: clean(test),
            project: project.map(clean),
            status: Status::Error,
            reason: Some(clean(&format!("it could not begin: {}", why.message))),
            ..Finished::trial(now)
        }
    }

    /// A message that tells of no run.
    pub fn trial(now: Time) -> Finished {
        Finished {
            what: Told::Trial,
            test: "test message".into(),
            project: None,
            status: Status::Pass,
            reason: Some("sent by hand, to see whether it arrives".into()),
            hash: String::new(),
            started: now,
            duration: Duration::ZERO,
            link: None,
        }
    }

    /// Whether nobody needs to do anything.
    pub fn is_fine(&self) -> bool {
        matches!(self.status, Status::Pass | Status::Skipped)
    }

    fn title(&self) -> String {
        format!("{}: {}", self.status, self.test)
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let started = self.started.utc();
        let of_job = matches!(self.what, Told::Job(_));
        let named = match &self.what {
            Told::Job(job) => job.to_string(),
            what => what.key(),
        };
        let facts = [
            ("Project", self.project.clone()),
            ("Reason", self.reason.clone()),
            ("Started", started.map(|time| time.format("%Y-%m-%d %H:%M:%S UTC").to_string())),
            ("Duration", Some(format!("{:.1} s", self.duration.as_secs_f64())).filter(|_| !of_job)),
            ("Hash", Some(self.hash.clone()).filter(|hash| !hash.is_empty())),
            (if of_job { "Job" } else { "Run" }, Some(named)),
        ];
        facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// What is posted to a webhook of that kind.
pub fn body(kind: WebhookKind, finished: &Finished) -> Value {
    match kind {
        WebhookKind::Teams => message_card(finished),
        WebhookKind::TeamsCard => adaptive_card(finished),
        WebhookKind::Slack => slack(finished),
        WebhookKind::Json => generic(finished),
    }
}

/// PASS is green, all else red.
fn message_card(finished: &Finished) -> Value {
    let title = finished.title();
    let facts = finished.facts().into_iter().filter(|(name, _)| !matches!(*name, "Started" | "Duration"));
    let facts: Vec<_> = facts.map(|(name, value)| json!({"name": name, "value": value})).collect();
    let mut card = json!({
        "@type": "MessageCard",
        "@context": "https://schema.org/extensions",
        "themeColor": if finished.status == Status::Pass { "2EB886" } else { "D00000" },
        "summary": title,
        "title": title,
        "sections": [{"facts": facts, "markdown": false}],
    });
    if let Some(link) = &finished.link {
        let target = json!([{"os": "default", "uri": link}]);
        card["potentialAction"] = json!([{"@type": "OpenUri", "name": "Open the run", "targets": target}]);
    }
    card
}

/// In the envelope that a Teams workflow takes. A TextRun, unlike a TextBlock, takes no text for Markdown.
fn adaptive_card(finished: &Finished) -> Value {
    let line = |inlines: Value| json!({"type": "RichTextBlock", "inlines": inlines});
    let run = |text: &str, weight: &str| json!({"type": "TextRun", "text": text, "weight": weight});
    let mut title = run(&finished.title(), "Bolder");
    title["size"] = "Medium".into();
    title["color"] = if finished.status == Status::Pass { "Good" } else { "Attention" }.into();
    let facts = finished.facts();
    let facts =
        facts.iter().map(|(name, value)| line(json!([run(&format!("{name}: "), "Bolder"), run(value, "Default")])));
    let lines: Vec<_> = [line(json!([title]))].into_iter().chain(facts).collect();
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": lines,
    });
    if let Some(link) = &finished.link {
        card["actions"] = json!([{"type": "Action.OpenUrl", "title": "Open the run", "url": link}]);
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}

fn slack(finished: &Finished) -> Value {
    let title = escaped(&finished.title());
    let field = |text: String| json!({"type": "mrkdwn", "text": text, "verbatim": true});
    let facts = finished.facts();
    let fields: Vec<_> = facts.iter().map(|(name, value)| field(format!("*{name}*\n{}", escaped(value)))).collect();
    let mut blocks = vec![
        json!({"type": "section", "text": field(format!("*{title}*"))}),
        json!({"type": "section", "fields": fields}),
    ];
    if let Some(link) = &finished.link {
        let link = escaped(link).replace('|', "%7C");
        blocks.push(json!({"type": "section", "text": field(format!("<{link}|Open the run>"))}));
    }
    json!({"text": title, "blocks": blocks})
}

/// As Slack wants its three special characters, and no longer than it takes.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    let mut buffer = [0; 4];
    for c in text.chars() {
        let one = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => c.encode_utf8(&mut buffer),
        };
        if escaped.len() + one.len() > SLACK_LONGEST {
            return escaped + "…";
        }
        escaped += one;
    }
    escaped
}

fn generic(finished: &Finished) -> Value {
    let (event, run, job) = match &finished.what {
        Told::Run(run) => ("run", Some(run.as_str()), None),
        Told::Job(job) => ("job", None, Some(job)),
        Told::Trial => ("test", Some("none"), None),
    };
    json!({
        "schema": SCHEMA,
        "event": event,
        "run": run,
        "job": job,
        "test": finished.test,
        "project": finished.project,
        "status": finished.status,
        "reason": finished.reason,
        "hash": finished.hash,
        "started": finished.started,
        "duration": (finished.duration.as_secs_f64() * 1e6).round() / 1000.0,
        "link": finished.link,
    })
}

fn clean(text: &str) -> String {
    let masked = mask_secrets(text);
    let visible = |c: char| if is_invisible(c) && c != '\n' { '\u{fffd}' } else { c };
    let mut short: String = masked.chars().take(LONGEST).map(visible).collect();
    if masked.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Reason;

    fn finished(status: Status, reason: Option<&str>) -> Finished {
        let reasons = reason.map(Reason::new).into_iter().collect();
        let hash = "0123456789abcdef".into();
        let verdict =
            Verdict { status, reasons, hash, expected: None, warnings: vec![], findings: vec![], heard: vec![] };
        let header =
            Header::new("20261123-231105-basic_call-3f2a", "basic_call", "basic_call", Time(1_795_000_000_250.0), "a");
        let header = Header { project: Some("pbx".into()), ..header };
        let link = Some("https://tests.example/runs/20261123?a&b".into());
        Finished { link, ..Finished::new(&header, &verdict, Duration::from_micros(1_234_567)) }
    }

    #[test]
    fn a_message_card_says_what_came_out() {
        let card = body(WebhookKind::Teams, &Finished { link: None, ..finished(Status::Fail, Some("no answer")) });
        let facts = json!([
            {"name": "Project", "value": "pbx"},
            {"name": "Reason", "value": "no answer"},
            {"name": "Hash", "value": "0123456789abcdef"},
            {"name": "Run", "value": "20261123-231105-basic_call-3f2a"},
        ]);
        let expected = json!({
            "@type": "MessageCard",
            "@context": "https://schema.org/extensions",
            "themeColor": "D00000",
            "summary": "FAIL: basic_call",
            "title": "FAIL: basic_call",
            "sections": [{"facts": facts, "markdown": false}],
        });
        assert_eq!(card, expected);
        let passed = body(WebhookKind::Teams, &finished(Status::Pass, None));
        assert_eq!(passed["themeColor"], "2EB886");
        assert_eq!(passed["potentialAction"][0]["targets"][0]["uri"], "https://tests.example/runs/20261123?a&b");
    }

    #[test]
    fn an_adaptive_card_comes_in_its_envelope_and_takes_no_text_for_markdown() {
        let message = body(WebhookKind::TeamsCard, &finished(Status::Error, Some("[x](http://evil.example) **b**")));
        assert_eq!(message["type"], "message");
        assert_eq!(message["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
        let card = &message["attachments"][0]["content"];
        assert_eq!((&card["type"], &card["version"]), (&json!("AdaptiveCard"), &json!("1.4")));
        let title = json!({"type": "TextRun", "text": "ERROR: basic_call", "weight": "Bolder", "size": "Medium", "color": "Attention"});
        assert_eq!(card["body"][0], json!({"type": "RichTextBlock", "inlines": [title]}));
        assert_eq!(card["body"][2]["inlines"][1]["text"], "[x](http://evil.example) **b**");
        assert!(!message.to_string().contains("TextBlock\",\"text"), "{message}");
        assert_eq!(card["actions"][0]["url"], "https://tests.example/runs/20261123?a&b");
    }

    #[test]
    fn slack_gets_its_special_characters_escaped_and_no_more_than_it_takes() {
        let reason = format!("<!channel> & {}", "<".repeat(5000));
        let message = body(WebhookKind::Slack, &finished(Status::Fail, Some(&reason)));
        assert_eq!(message["text"], "FAIL: basic_call");
        let fields = message["blocks"][1]["fields"].as_array().unwrap();
        assert_eq!(fields[0]["text"], "*Project*\npbx");
        let told = fields[1]["text"].as_str().unwrap();
        assert!(told.starts_with("*Reason*\n&lt;!channel&gt; &amp; &lt;&lt;") && told.ends_with("&lt;…"), "{told}");
        assert!(told.len() < 2000 && fields.len() <= 10);
        let link = "<https://tests.example/runs/20261123?a&amp;b|Open the run>";
        assert_eq!(message["blocks"][2]["text"]["text"], link);
    }

    #[test]
    fn the_generic_json_has_all_of_it() {
        let expected = json!({
            "schema": "telefonist-webhook/1",
            "event": "run",
            "run": "20261123-231105-basic_call-3f2a",
            "job": null,
            "test": "basic_call",
            "project": "pbx",
            "status": "fail",
            "reason": "no answer",
            "hash": "0123456789abcdef",
            "started": 1_795_000_000_250.0,
            "duration": 1234.567,
            "link": "https://tests.example/runs/20261123?a&b",
        });
        assert_eq!(body(WebhookKind::Json, &finished(Status::Fail, Some("no answer"))), expected);
        assert_eq!(body(WebhookKind::Json, &Finished::trial(Time(1.0)))["event"], "test");
    }

    #[test]
    fn a_test_that_could_not_begin_is_told_by_its_job() {
        let told = Finished::not_begun(17, "basic_call", Some("pbx"), &Diagnostic::error("no such agent"), Time(1.0));
        let json = body(WebhookKind::Json, &told);
        assert_eq!((&json["event"], &json["run"], &json["job"]), (&json!("job"), &json!(null), &json!(17)));
        let facts: Vec<_> = told.facts().into_iter().filter(|(name, _)| *name != "Started").collect();
        let expected = [("Project", "pbx"), ("Reason", "it could not begin: no such agent"), ("Job", "17")]
            .map(|(a, b)| (a, b.to_string()));
        assert_eq!(facts, expected);
    }

    #[test]
    fn texts_are_masked_short_and_visible() {
        let told = finished(Status::Fail, Some(&format!("<sip:a@h>;auth_pass=hush\u{7} {}", "é".repeat(2000))));
        for kind in WebhookKind::ALL {
            let body = body(kind, &told).to_string();
            assert!(!body.contains("hush") && !body.contains("\\u0007") && body.len() < 5000, "{body}");
        }
    }
}
