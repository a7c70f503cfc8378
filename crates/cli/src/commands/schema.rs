//! `lotgraph schema`: the GraphQL schema on standard output.

use std::process::ExitCode;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    super::write_out(lotgraph_graphql::sdl().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
