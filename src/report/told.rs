//! temporary
pub enum Extent {
    Whole,
    Screen,
}
