//! Two runs side by side: where their flows part, in words, then the difference.

use super::paint::{Paint, safe};
use crate::flow::{Flow, diff, first_difference};

/// One of the two.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The run's id.
    pub run: &'a str,
    /// The test's file, as the user named it.
    pub test: &'a str,
    pub flow: &'a Flow,
}

/// All there is to say of them.
pub fn comparison(a: Side, b: Side, colour: bool) -> String {
    let paint = Paint(colour);
    let who = |side: Side| format!("{}, {}, hash {}", safe(side.run), safe(side.test), side.flow.hash());
    let Some(difference) = first_difference(a.flow.text(), b.flow.text()) else {
        return format!("the flows are equal: hash {}\n  {}\n  {}\n", a.flow.hash(), who(a), who(b));
    };
    let mut text = format!("the flows differ: {}\n", safe(&difference.to_string()));
    text += &paint.red(&format!("- {}", who(a)));
    text.push('\n');
    text += &paint.green(&format!("+ {}", who(b)));
    text.push('\n');
    for line in diff(a.flow.text(), b.flow.text()).lines() {
        text += &paint.diff(&safe(line));
        text.push('\n');
    }
    text
}
