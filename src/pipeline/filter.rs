//! `--filter EXPR`: which tests it selects. Pure.
//!
//! ```text
//! EXPR = EXPR or EXPR | EXPR and EXPR | not EXPR | ( EXPR )
//!      | word        the test's name contains it
//!      | "any text"  the same, with spaces and parentheses
//!      | /regex/     the name matches it
//!      | tag:smoke   the test has the tag
//! ```
//! `not` binds strongest, then `and`, then `or`.

use regex::Regex;

/// So deep may parentheses and `not`s be nested.
const DEEPEST: usize = 100;

#[derive(Debug, Clone)]
pub struct Filter(Expression);

#[derive(Debug, Clone)]
enum Expression {
    Name(String),
    Matches(Regex),
    Tag(String),
    Not(Box<Expression>),
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Word(String),
    Quoted(String),
    Regex(String),
}

impl Filter {
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Filter, String> {
        let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
        let expression = parser.any()?;
        match parser.peek() {
            None => Ok(Filter(expression)),
            Some(Token::Close) => Err("there is a `)` too many".into()),
            Some(token) => Err(format!("write `and` or `or` before {}", told(token))),
        }
    }

    pub fn holds(&self, name: &str, tags: &[String]) -> bool {
        self.0.holds(name, tags)
    }
}

impl Expression {
    fn holds(&self, name: &str, tags: &[String]) -> bool {
        match self {
            Expression::Name(part) => name.contains(part.as_str()),
            Expression::Matches(regex) => regex.is_match(name),
            Expression::Tag(tag) => tags.contains(tag),
            Expression::Not(one) => !one.holds(name, tags),
            Expression::All(all) => all.iter().all(|one| one.holds(name, tags)),
            Expression::Any(any) => any.iter().any(|one| one.holds(name, tags)),
        }
    }
}

fn told(token: &Token) -> String {
    match token {
        Token::Open => "`(`".into(),
        Token::Close => "`)`".into(),
        Token::Word(text) => format!("`{text}`"),
        Token::Quoted(text) => format!("`\"{text}\"`"),
        Token::Regex(text) => format!("`/{text}/`"),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = vec![];
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '(' => (Token::Open, &rest[1..]),
            ')' => (Token::Close, &rest[1..]),
            '"' | '/' => {
                let end = rest[1..].find(first).ok_or_else(|| format!("a `{first}` is not closed"))? + 1;
                let inside = rest[1..end].to_string();
                let token = if first == '"' { Token::Quoted(inside) } else { Token::Regex(inside) };
                (token, &rest[end + 1..])
            }
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || c == '(' || c == ')').unwrap_or(rest.len());
                (Token::Word(rest[..end].to_string()), &rest[end..])
            }
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn takes(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Word(next)) if next == word);
        self.next += usize::from(is);
        is
    }

    fn any(&mut self) -> Result<Expression, String> {
        let mut any = vec![self.all()?];
        while self.takes("or") {
            any.push(self.all()?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Expression::Any(any) })
    }

    fn all(&mut self) -> Result<Expression, String> {
        let mut all = vec![self.one()?];
        while self.takes("and") {
            all.push(self.one()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expression::All(all) })
    }

    fn one(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it is nested too deeply".into());
        }
        let one = if self.takes("not") { Ok(Expression::Not(Box::new(self.one()?))) } else { self.term() };
        self.depth -= 1;
        one
    }

    fn term(&mut self) -> Result<Expression, String> {
        let token = self.peek().cloned();
        self.next += 1;
        match token {
            None => Err("something is missing at its end: a word, \"a text\", /a regex/ or tag:NAME".into()),
            Some(Token::Close) => Err("something is missing before `)`".into()),
            Some(Token::Open) => {
                let inside = self.any()?;
                match self.peek() {
                    Some(Token::Close) => self.next += 1,
                    _ => return Err("a `(` is not closed".into()),
                }
                Ok(inside)
            }
            Some(Token::Word(word)) if word == "and" || word == "or" => {
                Err(format!("something is missing before `{word}`"))
            }
            Some(Token::Word(word)) => Ok(match word.strip_prefix("tag:") {
                Some("") => return Err("a tag's name is missing behind `tag:`".into()),
                Some(tag) => Expression::Tag(tag.into()),
                None => Expression::Name(word),
            }),
            Some(Token::Quoted(text)) => Ok(Expression::Name(text)),
            Some(Token::Regex(text)) => match Regex::new(&text) {
                Ok(regex) => Ok(Expression::Matches(regex)),
                Err(error) => Err(format!("`/{text}/` is no regular expression: {}", last_line(&error.to_string()))),
            },
        }
    }
}

/// Where regex says what is wrong; the lines before it draw a caret.
fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn holds(filter: &str) -> bool {
        let tags = ["smoke".to_string(), "tls".to_string()];
        Filter::parse(filter).unwrap().holds("tests/call (blind) or", &tags)
    }

    #[test]
    fn expressions() {
        for filter in [
            "call",
            "tag:smoke",
            "not tag:slow",
            "/^tests.*or$/",
            "\"(blind) or\"",
            "x or call",
            "call and tag:tls and not x",
            "x and y or call",
            "not x and call",
            "not (x or y) and (call)",
        ] {
            assert!(holds(filter), "{filter}");
        }
        for filter in ["x", "tag:smok", "not call", "call and x", "call and (x or y)", "/^call/", "not (call or x)"] {
            assert!(!holds(filter), "{filter}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (filter, says) in [
            ("", "something is missing at its end"),
            ("a and", "something is missing at its end"),
            ("or a", "something is missing before `or`"),
            ("(a", "a `(` is not closed"),
            ("a)", "a `)` too many"),
            ("()", "something is missing before `)`"),
            ("a b", "write `and` or `or` before `b`"),
            ("/a", "a `/` is not closed"),
            ("/(/", "`/(/` is no regular expression: unclosed group"),
            ("tag:", "a tag's name is missing"),
        ] {
            let error = Filter::parse(filter).unwrap_err();
            assert!(error.contains(says), "{filter}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_filter_or_an_error(text in "(not|and|or|\\(|\\)|/|\"|tag:|[a-zé.*]{0,3}| ){0,30}|\\PC{0,40}|(not ){200}a") {
            if let Ok(filter) = Filter::parse(&text) {
                filter.holds("a", &[]);
            }
        }
    }
}
