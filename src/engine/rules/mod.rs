//! Which event satisfies which wait. Pure: no script, no agent, no clock.

pub mod agent_marks;
pub mod digits;
pub mod heard;
pub mod live;
pub mod marks;
pub mod matching;
pub mod pattern;
pub mod recent;
pub mod requests;
pub mod shortfall;
pub mod sort;
pub mod taking;

#[cfg(test)]
pub mod tests;
