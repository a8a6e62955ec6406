//! How much a check looks at, counted in tests: it has to grow as the text does, and no faster.

#[cfg(test)]
use std::cell::Cell;

#[cfg(test)]
thread_local! {
    static SPENT: Cell<u64> = const { Cell::new(0) };
}

/// One thing more is looked at.
pub fn spend() {
    #[cfg(test)]
    SPENT.with(|spent| spent.set(spent.get() + 1));
}

/// What `work` looks at.
#[cfg(test)]
pub fn count_spent(work: impl FnOnce()) -> u64 {
    let before = SPENT.get();
    work();
    SPENT.get() - before
}
