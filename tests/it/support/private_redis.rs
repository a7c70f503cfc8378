//! A Redis of one test alone, that it may kill, pause and fill with garbage.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// The server; it ends with this value.
pub struct PrivateRedis {
    port: u16,
    child: Child,
    directory: TempDir,
    arguments: Vec<String>,
}

/// A port that is free at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn spawn(port: u16, directory: &TempDir, arguments: &[String]) -> Child {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()])
        .arg("--dir")
        .arg(directory.path())
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server must be installed (apt-get install redis-server)")
}

impl PrivateRedis {
    /// Starts one with further arguments, and waits until it answers.
    pub async fn start(arguments: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let port = free_port();
        let child = spawn(port, &directory, &arguments);
        let server = Self { port, child, directory, arguments };
        server.wait().await;
        server
    }

    /// Its address.
    pub fn uri(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    async fn wait(&self) {
        for _ in 0..600 {
            if let Some(mut connection) = self.connection().await {
                match redis::cmd("PING").query_async::<String>(&mut connection).await {
                    Ok(_) => return,
                    // It wants a password: it is there.
                    Err(error) if error.code() == Some("NOAUTH") => return,
                    Err(_) => {}
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the private redis-server on port {} does not answer", self.port);
    }

    async fn connection(&self) -> Option<redis::aio::MultiplexedConnection> {
        let client = redis::Client::open(self.uri()).unwrap();
        client.get_multiplexed_async_connection().await.ok()
    }

    /// A connection to look inside.
    pub async fn inside(&self) -> redis::aio::MultiplexedConnection {
        self.connection().await.expect("the private redis-server answers")
    }

    /// Every key.
    pub async fn keys(&self) -> Vec<String> {
        redis::cmd("KEYS").arg("*").query_async(&mut self.inside().await).await.unwrap()
    }

    /// Waits until it holds at least this many keys: puts are not waited for.
    pub async fn filled(&self, keys: usize) {
        for _ in 0..400 {
            if self.keys().await.len() >= keys {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{} keys instead of {keys}", self.keys().await.len());
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The same server on the same port again, empty.
    pub async fn restart(&mut self) {
        self.child = spawn(self.port, &self.directory, &self.arguments);
        self.wait().await;
    }

    /// SIGSTOP: connections stay, answers do not come.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// SIGCONT.
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        // SIGKILL also ends a paused one. It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
