//! Whose turn it is: how many tests are running, with how many agents. Changed by tests that begin and end, watched by the one who
//! shares the turns out.

use crate::event::lock;
use std::sync::{Condvar, Mutex, MutexGuard};

pub struct Board {
    state: Mutex<State>,
    changed: Condvar,
    /// Agents that all tests at work may have together.
    max_agents: usize,
}

struct State {
    /// Turns that are free.
    turns: usize,
    /// Agents that the tests at work are expected to have.
    agents: usize,
    /// Tests that are not over, the stopping of their agents included.
    running: usize,
    /// No further test is begun.
    closed: bool,
    /// How often something changed.
    changes: u64,
}

impl Board {
    pub fn new(jobs: usize, max_agents: usize) -> Board {
        let state = State { turns: jobs.max(1), agents: 0, running: 0, closed: false, changes: 0 };
        Board { state: Mutex::new(state), changed: Condvar::new(), max_agents }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.changes += 1;
        self.changed.notify_all();
    }

    /// Something else changed that may let a test begin.
    pub fn touch(&self) {
        self.change(|_| {});
    }

    /// No further test is begun.
    pub fn close(&self) {
        self.change(|state| state.closed = true);
    }

    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// How often something has changed.
    pub fn changes(&self) -> u64 {
        self.state().changes
    }

    /// Waits until something has changed since.
    pub fn wait(&self, seen: u64) {
        let mut state = self.state();
        while state.changes == seen {
            state = self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// Whether a test with this number of agents may begin: there is a turn, and room for its agents or nobody who would make some.
    pub fn has_room(&self, agents: usize) -> bool {
        let state = self.state();
        state.turns > 0 && (state.agents + agents <= self.max_agents || state.running == 0)
    }

    /// Begins a test. Only who shares the turns out calls it, after [`Board::has_room`].
    pub fn begin(&self, agents: usize) -> Place<'_> {
        self.change(|state| {
            state.turns -= 1;
            state.agents += agents;
            state.running += 1;
        });
        Place { board: self, agents, has_turn: Mutex::new(true) }
    }
}

/// A test at work; over when it is dropped.
pub struct Place<'a> {
    board: &'a Board,
    agents: usize,
    has_turn: Mutex<bool>,
}

impl Place<'_> {
    /// Lets another test begin: this one is only being cleared away.
    pub fn give_back_turn(&self) {
        let mut has_turn = lock(&self.has_turn);
        if std::mem::take(&mut *has_turn) {
            self.board.change(|state| state.turns += 1);
        }
    }

    /// Takes one again, as soon as there is one: this test goes on after all.
    pub fn take_turn(&self) {
        let mut has_turn = lock(&self.has_turn);
        if *has_turn {
            return;
        }
        let mut state = self.board.state();
        while state.turns == 0 {
            state = self.board.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        state.turns -= 1;
        *has_turn = true;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.give_back_turn();
        self.board.change(|state| {
            state.agents -= self.agents;
            state.running -= 1;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_and_agents_are_counted_and_one_test_always_may_begin() {
        let board = Board::new(2, 4);
        assert!(board.has_room(9), "nobody else would make room");
        let first = board.begin(3);
        assert!(board.has_room(1) && !board.has_room(2));
        let second = board.begin(1);
        assert!(!board.has_room(0), "no turn");
        second.give_back_turn();
        assert!(board.has_room(0) && !board.has_room(1), "its agents are still there");
        second.take_turn();
        assert!(!board.has_room(0));
        drop(second);
        drop(first);
        assert!(board.has_room(4));
    }

    #[test]
    fn a_change_wakes_who_waits_and_one_before_is_not_missed() {
        let board = Board::new(1, 1);
        let seen = board.changes();
        board.touch();
        board.wait(seen);
        std::thread::scope(|scope| {
            let (board, seen) = (&board, board.changes());
            let waiter = scope.spawn(move || board.wait(seen));
            board.close();
            waiter.join().unwrap();
        });
        assert!(board.is_closed());
    }
}
