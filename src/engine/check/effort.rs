//! Counts the work of a check, in tests only: it has to grow linearly with the text.

#[cfg(test)]
use std::cell::Cell;

#[cfg(test)]
thread_local! {
    static SPENT: Cell<u64> = const { Cell::new(0) };
}

/// Counts one unit of work.
pub fn spend() {
    #[cfg(test)]
    SPENT.with(|spent| spent.set(spent.get() + 1));
}

/// The units of work that `work` takes.
#[cfg(test)]
pub fn count_spent(work: impl FnOnce()) -> u64 {
    let before = SPENT.get();
    work();
    SPENT.get() - before
}
