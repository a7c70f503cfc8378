//! `lotgraph completions`: shell completions on standard output.

use std::process::ExitCode;

use clap::CommandFactory;

pub(super) fn run(shell: clap_complete::Shell) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::Arguments::command(), "lotgraph", &mut script);
    super::write_out(&script)?;
    Ok(ExitCode::SUCCESS)
}
