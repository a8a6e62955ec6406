//! Schedules over time: the scheduler, a real store, and a clock that the test moves by hand. Nothing waits for real.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use telefonist::diagnostic::Diagnostic;
use telefonist::event::Time;
use telefonist::record::Trigger;
use telefonist::schedule::{Clock, Cron, Fire, Scheduler, Told};
use telefonist::store::{Host, NewJob, NewSchedule, Problem, Schedule, Store};
use telefonist::verdict::Status;
use tempfile::TempDir;

mod disturbances;

const MINUTE: f64 = 60_000.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;
/// A midnight, in UTC: 2024-01-01.
const START: Time = Time(1_704_067_200_000.0);

/// A clock that stands until it is moved, and knows whether anybody sleeps by it.
struct Hand {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    now: Time,
    /// Until when the scheduler sleeps, while it does.
    sleeps: Option<Option<Time>>,
    woken: bool,
    slept: u32,
}

impl State {
    fn is_up(&self, until: Option<Time>) -> bool {
        self.woken || until.is_some_and(|until| until <= self.now)
    }
}

impl Clock for Hand {
    fn now(&self) -> Time {
        self.state.lock().unwrap().now
    }

    fn sleep(&self, until: Option<Time>) {
        let mut state = self.state.lock().unwrap();
        state.sleeps = Some(until);
        state.slept += 1;
        self.changed.notify_all();
        state = self.changed.wait_while(state, |state| !state.is_up(until)).unwrap();
        (state.sleeps, state.woken) = (None, false);
    }

    fn wake(&self) {
        self.state.lock().unwrap().woken = true;
        self.changed.notify_all();
    }
}

impl Hand {
    fn at(now: Time) -> Arc<Hand> {
        Arc::new(Hand { state: Mutex::new(State { now, ..State::default() }), changed: Condvar::new() })
    }

    /// Until when the scheduler sleeps, once it has seen to all that there is.
    fn settled(&self) -> Option<Time> {
        let busy = |state: &mut State| state.sleeps.is_none_or(|until| state.is_up(until));
        self.changed.wait_while(self.state.lock().unwrap(), busy).unwrap().sleeps.unwrap()
    }

    /// Time goes by, as it does.
    fn run_to(&self, time: Time) {
        while let Some(until) = self.settled().filter(|until| *until <= time) {
            self.go_to(until);
        }
        self.go_to(time);
        self.settled();
    }

    /// As if the machine slept until then.
    fn go_to(&self, time: Time) {
        self.state.lock().unwrap().now = time;
        self.changed.notify_all();
    }

    /// Somebody sets the clock, of which the kernel tells who sleeps.
    fn set(&self, time: Time) {
        let mut state = self.state.lock().unwrap();
        (state.now, state.woken) = (time, true);
        drop(state);
        self.changed.notify_all();
        self.settled();
    }
}

/// Notes its calls, and fails when the test wants it to.
#[derive(Default)]
struct Notes {
    told: Mutex<Vec<Told>>,
    reported: Mutex<Vec<String>>,
    /// What `job` says next, the last first.
    problems: Mutex<Vec<Problem>>,
    /// How often the daily work was due.
    days: Mutex<u32>,
}

impl Fire for Notes {
    fn job(&self, schedule: &Schedule, due: Time) -> Result<NewJob, Problem> {
        match self.problems.lock().unwrap().pop() {
            Some(problem) => Err(problem),
            None => Ok(NewJob {
                project: Some(schedule.what.project),
                payload: format!("{} {due}", schedule.id),
                plan: "[]".into(),
                trigger: Trigger::Cron,
                schedule: Some(schedule.id),
            }),
        }
    }

    fn daily(&self) {
        *self.days.lock().unwrap() += 1;
    }

    fn told(&self, told: Told) {
        self.told.lock().unwrap().push(told);
    }

    fn report(&self, problem: Diagnostic) {
        self.reported.lock().unwrap().push(problem.message);
    }
}

/// A server's data, its clock, its scheduler while it runs.
struct World {
    data: TempDir,
    clock: Arc<Hand>,
    notes: Arc<Notes>,
    project: i64,
    store: Arc<Store>,
    host: Host,
    scheduler: Option<Scheduler>,
}

fn open(data: &Path) -> (Arc<Store>, Host) {
    (Arc::new(Store::open(data).unwrap()), Host::take(data).unwrap())
}

impl World {
    fn at(now: Time) -> World {
        let data = tempfile::tempdir().unwrap();
        let (store, host) = open(data.path());
        let project = store.create_project("pbx", now).unwrap().id;
        let (clock, notes) = (Hand::at(now), Arc::default());
        World { data, clock, notes, project, store, host, scheduler: None }
    }

    fn says(&self, cron: &str, zone: &str) -> NewSchedule {
        Cron::parse(cron, zone).unwrap();
        NewSchedule { project: self.project, test: None, cron: cron.into(), zone: zone.into(), paused: false }
    }

    fn create(&self, cron: &str, zone: &str) -> i64 {
        let id = self.store.create_schedule(&self.says(cron, zone), self.clock.now()).unwrap().id;
        self.changed();
        id
    }

    fn change(&self, id: i64, change: impl FnOnce(&mut NewSchedule)) {
        let mut what = self.store.schedule(id).unwrap().what;
        change(&mut what);
        self.store.change_schedule(id, &what, self.clock.now()).unwrap();
    }

    fn changed(&self) {
        if let Some(scheduler) = &self.scheduler {
            scheduler.changed();
            self.clock.settled();
        }
    }

    fn start(&mut self) {
        self.scheduler = Some(Scheduler::start(self.store.clone(), self.clock.clone(), self.notes.clone()));
        self.clock.settled();
    }

    fn stop(&mut self) {
        self.scheduler.take().unwrap().shutdown();
    }

    /// The server ends and, so much later, another begins.
    fn restart(&mut self, later: f64) {
        self.stop();
        (self.store, self.host) = open(self.data.path());
        self.clock.go_to(self.clock.now() + later);
        self.start();
    }

    /// Time goes by; jobs are run at once. The times for which there were any.
    fn run_to(&self, time: Time) -> Vec<Time> {
        while let Some(until) = self.clock.settled().filter(|until| *until <= time) {
            self.clock.run_to(until);
            self.run_jobs();
        }
        self.clock.run_to(time);
        self.fired()
    }

    fn run_jobs(&self) -> Vec<String> {
        let mut ran = vec![];
        while let Some(job) = self.store.take_job(&self.host, self.clock.now()).unwrap() {
            assert_eq!((job.trigger, job.project), (Trigger::Cron, Some(self.project)));
            self.store.finish_job(job.id, (Status::Pass, None), &[], self.clock.now()).unwrap();
            ran.push(job.payload);
        }
        ran
    }

    /// The times for which a job was queued since this was asked last.
    fn fired(&self) -> Vec<Time> {
        let told = std::mem::take(&mut *self.notes.told.lock().unwrap());
        told.into_iter().filter_map(|told| if let Told::Fired { due, .. } = told { Some(due) } else { None }).collect()
    }

    fn missed(&self, id: i64) -> u32 {
        self.store.schedule(id).unwrap().missed
    }

    fn reported(&self) -> Vec<String> {
        std::mem::take(&mut *self.notes.reported.lock().unwrap())
    }
}

/// `2024-03-31T01:30` in UTC.
fn utc(text: &str) -> Time {
    Time(chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap().and_utc().timestamp_millis() as f64)
}

#[test]
fn over_the_changes_of_the_clocks_each_day_has_its_run() {
    for (zone, cron, start, expected) in [
        (
            "Europe/Berlin",
            "30 2 * * *",
            "2024-03-30T00:00",
            ["2024-03-30T01:30", "2024-03-31T01:00", "2024-04-01T00:30"],
        ),
        (
            "Europe/Berlin",
            "30 2 * * *",
            "2024-10-26T00:00",
            ["2024-10-26T00:30", "2024-10-27T00:30", "2024-10-28T01:30"],
        ),
        (
            "America/New_York",
            "30 2 * * *",
            "2024-03-09T00:00",
            ["2024-03-09T07:30", "2024-03-10T07:00", "2024-03-11T06:30"],
        ),
        (
            "America/New_York",
            "30 1 * * *",
            "2024-11-02T00:00",
            ["2024-11-02T05:30", "2024-11-03T05:30", "2024-11-04T06:30"],
        ),
        (
            "Australia/Lord_Howe",
            "15 2 * * *",
            "2024-10-04T12:00",
            ["2024-10-04T15:45", "2024-10-05T15:30", "2024-10-06T15:15"],
        ),
        (
            "Australia/Lord_Howe",
            "45 1 * * *",
            "2024-04-05T12:00",
            ["2024-04-05T14:45", "2024-04-06T14:45", "2024-04-07T15:15"],
        ),
    ] {
        let start = utc(start);
        let mut world = World::at(start);
        let id = world.create(cron, zone);
        world.start();
        assert_eq!(world.run_to(start + 3.0 * DAY), expected.map(utc), "{zone} {cron}");
        assert_eq!((world.missed(id), world.reported()), (0, vec![]));
    }
}

#[test]
fn hours_that_come_twice_have_their_runs_twice() {
    let start = utc("2024-10-27T00:10");
    let mut world = World::at(start);
    world.create("0 * * * *", "Europe/Berlin");
    world.start();
    let hours = ["2024-10-27T01:00", "2024-10-27T02:00", "2024-10-27T03:00"];
    assert_eq!(world.run_to(start + 3.0 * HOUR), hours.map(utc));
}

#[test]
fn a_restart_makes_up_for_what_was_missed_by_one_run() {
    let mut world = World::at(START);
    let (hourly, daily) = (world.create("@hourly", "UTC"), world.create("@daily", "UTC"));
    world.start();
    assert_eq!(world.run_to(START + 1.5 * HOUR), [START + HOUR]);
    // 02:00 to 06:00 are missed
    world.restart(5.0 * HOUR);
    assert_eq!(world.fired(), [START + 6.0 * HOUR]);
    assert_eq!(world.run_jobs(), [format!("{hourly} {}", START + 6.0 * HOUR)]);
    assert_eq!((world.missed(hourly), world.missed(daily)), (5, 0));
    // a restart in between loses nothing and doubles nothing
    world.restart(0.0);
    assert_eq!(world.fired(), []);
    assert_eq!(world.run_to(START + 7.0 * HOUR), [START + 7.0 * HOUR]);
    assert_eq!(world.missed(hourly), 0);
    // who comes within a minute is in time
    world.restart(HOUR + MINUTE);
    assert_eq!(world.fired(), [START + 8.0 * HOUR]);
    assert_eq!(world.missed(hourly), 0);
    world.run_jobs();
    // a job that waits over a restart is one still, and what it waits for is missed
    world.run_to(START + 9.0 * HOUR);
    world.clock.run_to(START + 10.0 * HOUR);
    world.restart(0.0);
    assert_eq!(world.store.jobs().unwrap().len(), 1);
    world.clock.run_to(START + 11.0 * HOUR);
    assert_eq!((world.store.jobs().unwrap().len(), world.missed(hourly)), (1, 1));
    assert_eq!(world.reported(), [""; 0]);
}

#[test]
fn years_of_missed_times_are_one_run_at_once() {
    let mut world = World::at(START);
    let id = world.create("* * * * *", "Europe/Berlin");
    world.clock.go_to(START + 5000.0 * DAY);
    world.start();
    assert_eq!(world.fired(), [START + 5000.0 * DAY]);
    assert_eq!(world.missed(id), 1000);
    world.run_jobs();
    let minute = START + 5000.0 * DAY + MINUTE;
    assert_eq!(world.run_to(minute), [minute]);
}

#[test]
fn one_run_of_a_schedule_waits_at_most() {
    let mut world = World::at(START);
    let id = world.create("@hourly", "UTC");
    world.start();
    // nobody takes the job of 01:00
    world.clock.run_to(START + 3.0 * HOUR);
    let told = std::mem::take(&mut *world.notes.told.lock().unwrap());
    let job = world.store.jobs().unwrap()[0].id;
    let at = |hours: f64| START + hours * HOUR;
    assert_eq!(
        told,
        [
            Told::Fired { schedule: id, due: at(1.0), job },
            Told::Missed { schedule: id, due: at(2.0) },
            Told::Missed { schedule: id, due: at(3.0) }
        ]
    );
    assert_eq!((world.store.jobs().unwrap().len(), world.missed(id)), (1, 2));
    // while it runs, the next may wait
    let running = world.store.take_job(&world.host, at(3.5)).unwrap().unwrap();
    world.clock.run_to(at(4.0));
    assert_eq!((world.fired(), world.missed(id)), (vec![at(4.0)], 0));
    world.store.finish_job(running.id, (Status::Fail, None), &[], at(4.5)).unwrap();
    let last = world.store.jobs_done(Some(id), 5).unwrap();
    assert_eq!(last.iter().map(|job| job.status).collect::<Vec<_>>(), [Some(Status::Fail)]);
}

#[test]
fn two_that_are_due_at_once_both_run() {
    let mut world = World::at(START);
    let [one, two] = ["0 3 * * *", "0 3 1 * *"].map(|cron| world.create(cron, "UTC"));
    // the same moment by other clocks
    let three = world.create("0 4 * * *", "Europe/Berlin");
    world.start();
    let due = START + 3.0 * HOUR;
    world.clock.run_to(due);
    assert_eq!(world.fired(), [due; 3]);
    assert_eq!(world.run_jobs(), [one, two, three].map(|id| format!("{id} {due}")));
}

#[test]
fn what_is_paused_does_not_run_and_is_not_made_up_for() {
    let mut world = World::at(START);
    let (paused, other) = (world.create("@hourly", "UTC"), world.create("@daily", "UTC"));
    world.start();
    world.change(paused, |what| what.paused = true);
    world.changed();
    assert_eq!(world.clock.settled(), Some(START + DAY));
    world.run_to(START + 5.5 * HOUR);
    world.change(paused, |what| what.paused = false);
    world.changed();
    assert_eq!(world.run_to(START + 6.0 * HOUR), [START + 6.0 * HOUR]);
    assert_eq!((world.missed(paused), world.missed(other)), (0, 0));
}

#[test]
fn with_nothing_to_do_it_sleeps_for_a_day_or_until_it_is_told_of_something() {
    let mut world = World::at(START);
    world.start();
    assert_eq!(world.clock.settled(), Some(START + DAY));
    let id = world.create("@daily", "UTC");
    assert_eq!(world.clock.settled(), Some(START + DAY));
    world.change(id, |what| what.cron = "30 * * * *".into());
    world.changed();
    assert_eq!(world.clock.settled(), Some(START + 0.5 * HOUR));
    // what the old text named before is not missed by the new one
    world.run_to(START + 10.6 * HOUR);
    world.change(id, |what| what.cron = "0 9 * * *".into());
    world.changed();
    assert_eq!((world.fired(), world.clock.settled()), (vec![], Some(START + DAY)));
    world.store.delete_schedule(id).unwrap();
    world.changed();
    assert_eq!(world.clock.settled(), Some(START + DAY));
    let before = world.clock.state.lock().unwrap().slept;
    world.clock.run_to(START + 99.0 * DAY);
    assert_eq!(world.clock.state.lock().unwrap().slept, before + 99);
}

#[test]
fn what_the_docs_name_is_as_they_say() {
    let page = std::fs::read_to_string(super::support::repository().join("docs/schedules.md")).unwrap();
    let quoted = regex::Regex::new("`([^`\n]+)`").unwrap();
    let quoted = quoted.captures_iter(&page).map(|hit| hit.get(1).unwrap().as_str());
    let expressions: Vec<&str> = quoted.filter(|text| text.starts_with('@') || text.split(' ').count() == 5).collect();
    assert!(expressions.len() > 12, "{expressions:?}");
    for text in expressions {
        assert_eq!(Cron::parse(text, "UTC").is_err(), ["@reboot", "0 0 30 2 *"].contains(&text), "{text}");
    }
}
