//! The lotgraph program; everything is in the library.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    lotgraph::cli::run().await
}
