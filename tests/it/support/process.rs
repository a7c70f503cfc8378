//! The program as its users run it: a child process, its address, its death.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running `lotgraph serve`; killed when dropped.
pub struct Server {
    child: Child,
    /// `http://HOST:PORT`.
    pub url: String,
}

impl Server {
    /// Starts `lotgraph serve` with these flags on a free port and waits until it says where it serves.
    pub async fn start(folder: &Path, flags: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lotgraph"))
            .arg("serve")
            .args(["--listen", "127.0.0.1:0"])
            .args(flags)
            .current_dir(folder)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let url = loop {
            let line = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await;
            let line = line.expect("the server starts within a minute").unwrap();
            let Some(line) = line else { panic!("the server ended: {said}") };
            if let Some((_, rest)) = line.split_once("http://") {
                break format!("http://{}", rest.split('/').next().unwrap());
            }
            said.push_str(&line);
            said.push('\n');
        };
        // Whatever else it says must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, url }
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// SIGKILL, and waits until the process is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM, and waits for the end.
    pub async fn terminate(mut self) -> std::process::ExitStatus {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        let ended = tokio::time::timeout(Duration::from_secs(40), self.child.wait()).await;
        ended.expect("the server stops within 40 s of SIGTERM").unwrap()
    }
}
