//! How another process asks the one that has a store to do something with it: a socket beside the store's file. Whoever may
//! use it could as well read the file.
//!
//! A line with a path asks for a backup there. The answer is a line of JSON: the file's bytes, or what was wrong.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use waybill_store::Store;

/// The answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Bytes(u64),
    Failed(String),
}

/// Answers until it is dropped.
#[derive(Debug)]
pub struct Control {
    socket: PathBuf,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Control {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn beside(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".control");
    PathBuf::from(name)
}

#[cfg(unix)]
mod unix {
    use super::{Answer, Arc, Control, Path, PathBuf, Store, beside};
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    use tokio::net::{UnixListener, UnixStream};

    /// Bytes of a request at most.
    const LINE_MAX: u64 = 8_192;
    /// Whoever connects and says nothing is left.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// Begins to answer for a store that this process has.
    pub fn answer(path: &Path, store: Arc<dyn Store>) -> Option<Control> {
        let socket = beside(path);
        // What a process left that was killed.
        let _ = std::fs::remove_file(&socket);
        let bound = UnixListener::bind(&socket).and_then(|listener| {
            std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o600))?;
            Ok(listener)
        });
        let listener = match bound {
            Ok(listener) => listener,
            Err(error) => {
                tracing::warn!(%error, "no socket beside the store: a backup will read it from outside");
                return None;
            }
        };
        let task = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => served(stream, &*store).await,
                    Err(error) => {
                        tracing::warn!(%error, "the socket beside the store");
                        tokio::time::sleep(PATIENCE).await;
                    }
                }
            }
        });
        Some(Control { socket, task })
    }

    async fn served(stream: UnixStream, store: &dyn Store) {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        let mut bounded = (&mut stream).take(LINE_MAX);
        let read = tokio::time::timeout(PATIENCE, bounded.read_line(&mut line)).await;
        let path = match (read, serde_json::from_str::<PathBuf>(&line)) {
            (Ok(Ok(_)), Ok(path)) if path.is_absolute() => path,
            _ => return,
        };
        let answer = match store.backup(&path).await {
            Ok(()) => Answer::Bytes(std::fs::metadata(&path).map_or(0, |file| file.len())),
            Err(error) => Answer::Failed(error.to_string()),
        };
        let text = serde_json::to_string(&answer).unwrap_or_default();
        // Whoever asked may be gone; the backup is there.
        let _ = stream.get_mut().write_all(format!("{text}\n").as_bytes()).await;
    }

    /// Asks whoever has the store for a backup at an absolute path. None where nobody answers: nobody has it, or they ended.
    pub async fn ask_backup(store: &Path, to: &Path) -> Option<Answer> {
        let mut stream = UnixStream::connect(beside(store)).await.ok()?;
        let asked = serde_json::to_string(to).ok()?;
        stream.write_all(format!("{asked}\n").as_bytes()).await.ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await.ok()?;
        serde_json::from_str(&line).ok()
    }
}

#[cfg(unix)]
pub use unix::{answer, ask_backup};

/// There are no such sockets here.
#[cfg(not(unix))]
pub fn answer(_: &Path, _: Arc<dyn Store>) -> Option<Control> {
    None
}

#[cfg(not(unix))]
pub async fn ask_backup(_: &Path, _: &Path) -> Option<Answer> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::Cell;
    use std::io::{Read, Write};
    use waybill_store_sqlite::testing::TestFolder;

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_has_the_store_makes_the_backup_as_long_as_it_runs() {
        let folder = TestFolder::create();
        let path = folder.store_path();
        let store: Arc<dyn Store> = Arc::new(folder.open());
        store.migrate().await.unwrap();
        let copy = folder.path().join("copy.db");
        assert!(ask_backup(&path, &copy).await.is_none(), "nobody answers yet");
        let control = answer(&path, store).expect("a socket");
        assert!(matches!(ask_backup(&path, &copy).await, Some(Answer::Bytes(1..))));
        let twice = ask_backup(&path, &copy).await;
        assert!(matches!(&twice, Some(Answer::Failed(why)) if why.contains("exists already")), "{twice:?}");
        assert!(ask_backup(&path, Path::new("here.db")).await.is_none(), "a path of nobody's folder is no request");
        drop(control);
        assert!(ask_backup(&path, &folder.path().join("late.db")).await.is_none());
        assert!(!beside(&path).exists());
    }

    /// What is no request gets no answer, and whoever asks next gets theirs.
    #[test]
    fn any_line_is_no_request_or_a_backup() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let folder = TestFolder::create();
        let path = folder.store_path();
        let store: Arc<dyn Store> = Arc::new(folder.open());
        runtime.block_on(store.migrate()).unwrap();
        let _control = runtime.block_on(async { answer(&path, store) }).expect("a socket");
        let said = |line: &[u8]| {
            let mut stream = std::os::unix::net::UnixStream::connect(beside(&path)).unwrap();
            let mut answer = String::new();
            // Whoever is left in the middle of a line may find that nobody reads it.
            let _ = stream.write_all(line).and_then(|()| stream.shutdown(std::net::Shutdown::Write));
            let _ = stream.read_to_string(&mut answer);
            answer
        };
        let line = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            any::<String>().prop_map(String::into_bytes),
            // A path of nobody's folder, and one that is too long.
            "\"[a-z.][a-z./]{0,20}\"?\\n?".prop_map(String::into_bytes),
            (8_200..20_000_usize).prop_map(|count| format!("\"/{}\"", "x".repeat(count)).into_bytes()),
        ];
        let config = ProptestConfig { source_file: Some(file!()), ..ProptestConfig::with_cases(32) };
        let mut runner = proptest::test_runner::TestRunner::new(config);
        let count = Cell::new(0);
        let result = runner.run(&(line, "[a-zé \"\\\\]{1,12}"), |(line, name)| {
            prop_assert_eq!(said(&line), "");
            count.set(count.get() + 1);
            let copy = serde_json::to_string(&folder.path().join(format!("{}{name}", count.get()))).unwrap();
            prop_assert!(said(copy.as_bytes()).starts_with("{\"bytes\":"), "{copy}");
            Ok(())
        });
        result.unwrap();
    }
}
