//! Runs many tests, some in parallel: each gets its turn, its accounts, its repetitions and its retries.
//!
//! A test's turn ends with its last step where nothing of it can disturb another one, so that the next begins while its agents are
//! being stopped.

use super::accounts::{Lease, Leases};
use super::board::{Board, Place};
use super::case::{Case, Refusal};
use super::compile::Compiled;
use super::execute::{Ran, Turn, execute};
use super::history::{self, History, Past};
use super::{Keep, Plan, Watcher, Workplace};
use crate::diagnostic::{Diagnostic, Severity};
use crate::event::{Clock, Ended, How, Log, lock};
use crate::record::Header;
use crate::report::results::{Attempt, Results, TestResult};
use crate::verdict::{ExitCode, Status, TestStatus, worst};
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::thread::Scope;
use std::time::{Duration, Instant};

/// Runs the tests and gives all their results in order, and how the program should end. `watcher` is called as it happens,
/// from several threads.
pub fn run(workplace: &Workplace, cases: &[Case], plan: &Plan, watcher: &dyn Watcher) -> (Results, ExitCode) {
    let (started, begun) = (Clock::system().now(), Instant::now());
    let board = Arc::new(Board::new(plan.jobs, workplace.settings().max_agents));
    let wake = || {
        let board = board.clone();
        move || board.touch()
    };
    workplace.interrupt.on_request(wake());
    let leases = Leases::new(workplace.data_dir(), Arc::new(wake()));
    let history = History::of(workplace.data_dir());
    let runner = Runner { workplace, plan, watcher, board: &board, leases, history };
    let times = (1..=plan.repeat).flat_map(|time| cases.iter().map(move |case| (case, time)));
    let units: Vec<Unit> =
        times.enumerate().map(|(number, (case, time))| Unit { number, case, time, done: Mutex::default() }).collect();
    std::thread::scope(|scope| runner.share_out(scope, &units));
    let done = units.into_iter().map(|unit| unit.done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()));
    let (mut tests, mut codes, mut left_out) = (vec![], vec![], 0);
    for done in done {
        match done {
            Some(done) => {
                tests.extend(done.results);
                codes.push(done.exit_code);
            }
            None => left_out += 1,
        }
    }
    codes.extend(workplace.interrupt.requested().then_some(ExitCode::Interrupted));
    let results = Results {
        started,
        duration: begun.elapsed(),
        host: concat!("telefonist ", env!("CARGO_PKG_VERSION")).into(),
        agent: workplace.supervisor().map_or_else(|_| String::new(), |supervisor| supervisor.kind().to_string()),
        tests,
        left_out,
    };
    (results, worst(codes))
}

/// What gets a turn: a test, or one of the times that `--repeat` asks for it.
struct Unit<'a> {
    number: usize,
    case: &'a Case,
    /// From 1.
    time: u32,
    done: Mutex<Option<Done>>,
}

struct Done {
    results: Vec<TestResult>,
    exit_code: ExitCode,
}

struct Runner<'a> {
    workplace: &'a Workplace,
    plan: &'a Plan,
    watcher: &'a dyn Watcher,
    board: &'a Board,
    leases: Leases,
    history: History,
}

impl Runner<'_> {
    /// Begins each test as soon as it can be, and comes back when the last one has begun.
    fn share_out<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, units: &'scope [Unit<'scope>]) {
        let mut pending = self.order(units);
        while !pending.is_empty() && !self.board.is_closed() && !self.workplace.interrupt.requested() {
            let seen = self.board.changes();
            match self.next(&mut pending) {
                None => self.board.wait(seen),
                Some((unit, place, lease)) => {
                    let span = tracing::Span::current();
                    scope.spawn(move || span.in_scope(|| self.serve(unit, place, lease)));
                }
            }
        }
    }

    /// The longest first where several run at once, so that the last one to end is not the longest; otherwise as they stand.
    fn order<'u>(&self, units: &'u [Unit<'u>]) -> VecDeque<&'u Unit<'u>> {
        let mut order: Vec<&Unit> = units.iter().collect();
        if self.plan.jobs > 1 && !self.plan.keeps_order {
            order.sort_by_cached_key(|unit| Reverse(self.expected(unit.case)));
        }
        order.into()
    }

    /// How long it took the last time; before that, what its waits add up to.
    fn expected(&self, case: &Case) -> Duration {
        let past = self.history.past(&case.test).and_then(|past| Duration::try_from_secs_f64(past.seconds).ok());
        past.unwrap_or_else(|| case.compiled.as_ref().map_or(Duration::ZERO, |compiled| compiled.waits))
    }

    /// How many agents it will have: what its text makes, or as many as the last time.
    fn agents(&self, case: &Case) -> usize {
        let made = case.compiled.as_ref().map_or(0, |compiled| compiled.facts.agents);
        self.history.past(&case.test).map_or(0, |past| past.agents).max(made)
    }

    /// The first test that can begin now. One whose accounts are in use lets others go before; one that needs room for its agents
    /// does not, or it might wait for ever.
    fn next<'u>(&self, pending: &mut VecDeque<&'u Unit<'u>>) -> Option<(&'u Unit<'u>, Place<'_>, LeaseResult)> {
        for at in 0..pending.len() {
            let case = pending[at].case;
            let agents = self.agents(case);
            if !self.board.has_room(agents) {
                return None;
            }
            let lease = match self.leases.take(&case.accounts()) {
                Ok(None) => continue,
                Ok(Some(lease)) => Ok(lease),
                Err(error) => Err(Diagnostic::error(format!("the accounts can't be kept for this test: {error}"))
                    .advice("see that the data directory may be written")),
            };
            let unit = pending.remove(at)?;
            return Some((unit, self.board.begin(agents), lease));
        }
        None
    }

    fn serve(&self, unit: &Unit, place: Place, lease: LeaseResult) {
        let refused = |problems: Vec<Diagnostic>, exit_code| {
            let result = TestResult { problems, ..self.result(unit, unit.time, self.plan.repeat) };
            self.ended(unit, &result);
            Done { results: vec![result], exit_code }
        };
        let done = match (&unit.case.compiled, &lease) {
            (Err(Refusal { problems, exit_code }), _) => refused(problems.clone(), *exit_code),
            (Ok(_), Err(problem)) => refused(vec![problem.clone()], ExitCode::Error),
            (Ok(compiled), Ok(_)) => {
                let results = self.repetitions(unit, compiled, &place);
                let exit_code = worst(results.iter().map(|result| result.status.into()));
                Done { results, exit_code }
            }
        };
        *lock(&unit.done) = Some(done);
        self.watcher.done(unit.number);
    }

    fn result(&self, unit: &Unit, repetition: u32, repetitions: u32) -> TestResult {
        let tags = unit.case.tags().to_vec();
        let file = unit.case.test.file.display().to_string();
        TestResult { file, tags, repetition, repetitions, ..TestResult::new(unit.case.name(), vec![]) }
    }

    /// All repetitions of a unit, one after another. How many there are the text says, or else the first run.
    fn repetitions(&self, unit: &Unit, compiled: &Compiled, place: &Place) -> Vec<TestResult> {
        let mut results: Vec<TestResult> = vec![];
        let mut own = compiled.facts.repetitions.unwrap_or(1).max(1);
        let mut number = 1;
        while number <= own && (number == 1 || !self.workplace.interrupt.requested()) {
            let (repetition, of) = ((unit.time - 1) * own + number, self.plan.repeat * own);
            let is_last = compiled.facts.repetitions.is_some() && number == own;
            let mut result = self.result(unit, repetition, of);
            let said = self.attempts(unit, compiled, is_last, place, &mut result);
            own = said.unwrap_or(own);
            result.repetitions = self.plan.repeat * own;
            if result.repetitions > 1 {
                result.name = format!("{} (repetition {repetition} of {})", unit.case.name(), result.repetitions);
            }
            self.ended(unit, &result);
            results.push(result);
            number += 1;
        }
        results
    }

    /// One repetition, tried again while it fails and may be. Gives how many repetitions the run says that there are.
    fn attempts(
        &self,
        unit: &Unit,
        compiled: &Compiled,
        is_last: bool,
        place: &Place,
        result: &mut TestResult,
    ) -> Option<u32> {
        let mut said = None;
        let mut all: Vec<Ran> = vec![];
        loop {
            let attempt = all.len() as u32 + 1;
            let may_fail_again = attempt <= self.plan.retries;
            place.take_turn();
            let run = unit.case.run.as_deref().filter(|_| (unit.time, result.repetition, attempt) == (1, 1, 1));
            let turn = Turn { repetition: result.repetition, of: result.repetitions, attempt, run };
            let begins = |header: &Header, log: &Arc<Log>| self.watcher.begins(unit.number, unit.case, header, log);
            let steps_done = |ended: &Ended| {
                // whether another test may begin at all is known when this one is judged
                if is_last && !self.plan.fail_fast && (!may_fail_again || ended.how == How::Finished) {
                    place.give_back_turn();
                }
            };
            let ran = execute(self.workplace, &unit.case.test, compiled, &self.plan.limits, turn, &begins, &steps_done);
            match ran {
                Ok(ran) => all.push(ran),
                Err(problem) => {
                    result.problems.push(problem);
                    break;
                }
            }
            let ran = all.last().expect("it has just run");
            said = said.or(Some(ran.repetitions));
            self.watcher.ran(unit.number, ran);
            let failed = matches!(ran.verdict.status, Status::Fail | Status::Error);
            if !failed || !may_fail_again || self.workplace.interrupt.requested() {
                break;
            }
        }
        let statuses: Vec<Status> = all.iter().map(|ran| ran.verdict.status).collect();
        result.status = if result.problems.is_empty() { TestStatus::of(&statuses) } else { TestStatus::Error };
        if let Some(last) = all.last() {
            result.problems.extend(self.remember(unit.case, last, result.status));
        }
        let keeps = self.plan.keep.keeps(result.status);
        result.attempts = all.into_iter().map(|ran| attempt_of(ran, keeps)).collect();
        said
    }

    /// A history that can't be written is a warning.
    fn remember(&self, case: &Case, ran: &Ran, status: TestStatus) -> Option<Diagnostic> {
        let past = Past {
            test: String::new(),
            status,
            run: ran.header.run.clone(),
            time: ran.header.time,
            seconds: ran.duration.as_secs_f64(),
            agents: ran.agents,
            passed: None,
            given: history::given(&self.workplace.inputs().defines),
        };
        if matches!(status, TestStatus::Cancelled | TestStatus::Skipped) {
            return None;
        }
        let error = self.history.remember(&case.test, past, ran.flow.text()).err()?;
        let message = format!("what became of this test can't be remembered for the next run: {error}");
        Some(Diagnostic { severity: Severity::Warning, ..Diagnostic::error(message) })
    }

    fn ended(&self, unit: &Unit, result: &TestResult) {
        let failed = matches!(result.status, TestStatus::Fail | TestStatus::Error);
        if failed && self.plan.fail_fast {
            self.board.close();
        }
        self.watcher.ended(unit.number, result);
    }
}

type LeaseResult = Result<Lease, Diagnostic>;

/// What reports show of a run; one that is not to be kept goes now.
fn attempt_of(ran: Ran, keeps: bool) -> Attempt {
    let mut warnings = ran.warnings;
    if !keeps {
        warnings.extend(ran.folder.remove().err());
    }
    Attempt {
        run: ran.header.run.clone(),
        started: ran.header.time,
        duration: ran.duration,
        verdict: ran.verdict,
        flow: ran.flow.text().to_string(),
        folder: keeps.then(|| ran.folder.path().to_path_buf()),
        warnings,
    }
}

impl Keep {
    fn keeps(self, status: TestStatus) -> bool {
        match self {
            Keep::All => true,
            Keep::None => false,
            Keep::Failed => !matches!(status, TestStatus::Pass | TestStatus::Skipped),
        }
    }
}
