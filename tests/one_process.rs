//! Several runs in one process do not meet, and leave nothing behind.

use crate::support::{children, repository};
use std::sync::Arc;
use telefonist::agent::Settings;
use telefonist::engine::ScriptLimits;
use telefonist::pipeline::{self, Case, Turn, Workplace};
use telefonist::verdict::Status;

pub fn settings(data_dir: &std::path::Path) -> Settings {
    Settings {
        baresip: None,
        own_program: Some(env!("CARGO_BIN_EXE_telefonist").into()),
        ctrl_address: "127.0.0.1:4444".parse().unwrap(),
        sip_listen: "0.0.0.0:5060".parse().unwrap(),
        rtp_ports: 10_000..=11_000,
        rtp_interface: None,
        rtp_timeout: 10,
        max_calls: 10,
        max_agents: 100,
        agent_start: std::time::Duration::from_secs(10),
        tls_ca: None,
        use_alsa: false,
        sounds: pipeline::sound_folders(data_dir),
        hidden: vec![],
        lease_file: std::env::temp_dir().join("telefonist-ports"),
    }
}

#[test]
fn runs_at_once_in_one_process_have_one_flow_and_leave_no_agent() {
    let folder = tempfile::tempdir().unwrap();
    let workplace = Arc::new(Workplace::new(folder.path().to_path_buf(), settings(folder.path())));
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let workplace = workplace.clone();
            std::thread::spawn(move || {
                let [case] = &Case::read(&workplace, &repository().join("examples/busy_then_free.rhai"))[..] else {
                    panic!()
                };
                let compiled = case.compiled.as_ref().unwrap();
                let turn = Turn { repetition: 1, of: 1, attempt: 1, run: None };
                pipeline::execute(&workplace, &case.test, compiled, &ScriptLimits::default(), turn, &|_, _| {}, &|_| {})
                    .unwrap()
            })
        })
        .collect();
    let ran: Vec<_> = runs.into_iter().map(|run| run.join().unwrap()).collect();
    for one in &ran {
        assert_eq!(one.verdict.status, Status::Pass, "{:?}", one.verdict);
        assert_eq!(one.flow.text(), ran[0].flow.text());
    }
    let folders: std::collections::BTreeSet<_> = ran.iter().map(|one| one.folder.path()).collect();
    assert_eq!(folders.len(), ran.len());
    assert_eq!(children(std::process::id()).len(), 0);
}
