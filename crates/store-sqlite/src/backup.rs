//! Copies of a store, made while it is in use.

use crate::error::plain;
use crate::open;
use crate::options::SqliteOptions;
use crate::owner::beside;
use crate::store::Owned;
use crate::touched::Touched;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Duration;
use waybill_store::StoreError;

/// Rounds in which pages that were touched meanwhile are copied again, at most.
const ROUNDS: usize = 6;
/// So few pages are left to the last round, for which checkpoints rest. The log grows by what is written in that time.
const FEW: usize = 4_000;
/// Bytes copied at once.
const CHUNK: usize = 1 << 20;
/// How often the last checkpoint is tried, this long apart: most readers are gone within one, and who audits stays longer.
const TRIES: u32 = 12;
const APART: Duration = Duration::from_millis(250);

/// Copies a consistent image of a store to a new file, which is there whole or not at all.
///
/// Whoever owns the store copies its file, page by page, and again what was touched meanwhile: nobody waits, and the log
/// stays as short as ever. Another process, or an owner where readers stay for long, copies what one transaction sees. That
/// is as fast, but meanwhile the log cannot start over, and it grew by 2 GB beside 6,000 orders a second (measured, with a
/// million orders).
///
/// The end is `VACUUM INTO` in both: its copy has no free pages, where erased personal data could linger, and every row
/// was read once.
pub fn backup(from: &Path, to: &Path, options: &SqliteOptions, owned: Option<&Owned>) -> Result<(), StoreError> {
    let file = owned.and_then(|owned| owned.file.as_ref());
    // One backup at a time; others wait.
    let source = file.map(|file| file.lock().unwrap_or_else(PoisonError::into_inner));
    if to.exists() {
        return Err(StoreError::Configuration(format!("{} exists already", to.display())));
    }
    if let Some((owned, mut source)) = owned.zip(source) {
        let image = beside(to, ".image");
        // What a process left that was killed.
        remove(&image);
        let copied = file_image(from, options, owned, &mut source, &image);
        let ended = match copied {
            Ok(true) => Some(settled(&image).and_then(|source| copy(&source, to))),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        };
        remove(&image);
        if let Some(partial) = ended {
            return put_in_place(&partial?, to);
        }
        tracing::info!("a reader stays; the backup is made of what one transaction sees");
    }
    let source = open::checked_reader(from, options)?;
    let partial = copy(&source, to)?;
    put_in_place(&partial, to)
}

/// The database as a file that [`backup`] can copy from.
pub fn open(store: &Path) -> Result<File, StoreError> {
    File::open(store).map_err(|error| unwritable(store, &error))
}

/// Copies the file of a store that goes on being used to `image`, as it was at one moment. False where readers keep the log
/// from being copied into it.
fn file_image(
    store: &Path,
    options: &SqliteOptions,
    owned: &Owned,
    source: &mut File,
    image: &Path,
) -> Result<bool, StoreError> {
    let mut image = private(image)?;
    let failed = |error: io::Error| unwritable(store, &error);
    let checkpointer = open::checkpointer(store, options)?;
    let page_bytes: u64 =
        checkpointer.query_row("PRAGMA page_size", [], |row| row.get::<_, i64>(0)).map_err(plain)?.cast_unsigned();
    owned.touched.begin();
    let _end = Noted(&owned.touched);

    let bytes = source.metadata().map_err(failed)?.len();
    stretch(source, &mut image, 0..bytes).map_err(failed)?;
    for _ in 0..ROUNDS {
        let Some(touched) = owned.touched.take() else { return Ok(false) };
        pages(source, &mut image, &touched, page_bytes).map_err(failed)?;
        if touched.len() <= FEW {
            break;
        }
    }
    if !all_copied(owned, &checkpointer).map_err(plain)? {
        return Ok(false);
    }
    let Some(touched) = owned.touched.take() else { return Ok(false) };
    pages(source, &mut image, &touched, page_bytes).map_err(failed)?;
    let bytes = source.metadata().map_err(failed)?.len();
    image.set_len(bytes).map_err(failed)?;
    Ok(true)
}

/// Brings everything that was committed into the file, and leaves the file as it is then. False where readers are in the
/// way.
fn all_copied(owned: &Owned, checkpointer: &Connection) -> rusqlite::Result<bool> {
    for _ in 0..TRIES {
        // The bulk beside the writer, and the small rest in its turn, with a moment's wait for readers of what was before.
        owned.touched.checkpoint(checkpointer, "PASSIVE")?;
        let turn = owned.connection.blocking_lock();
        let log = owned.touched.checkpoint(checkpointer, "FULL")?;
        if log.left() == 0 && !log.held {
            owned.touched.pause();
            return Ok(true);
        }
        drop(turn);
        std::thread::sleep(APART);
    }
    Ok(false)
}

/// Lets checkpoints go on when it is dropped.
struct Noted<'a>(&'a Touched);

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Copies pages by their numbers, neighbors together.
fn pages(source: &mut File, image: &mut File, numbers: &BTreeSet<u32>, page_bytes: u64) -> io::Result<()> {
    let mut numbers = numbers.iter().map(|number| u64::from(*number).saturating_sub(1)).peekable();
    while let Some(first) = numbers.next() {
        let mut end = first + 1;
        while numbers.next_if_eq(&end).is_some() {
            end += 1;
        }
        stretch(source, image, first * page_bytes..end * page_bytes)?;
    }
    Ok(())
}

/// Copies a stretch to the same place, as far as the source reaches.
fn stretch(source: &mut File, image: &mut File, bytes: Range<u64>) -> io::Result<()> {
    source.seek(SeekFrom::Start(bytes.start))?;
    image.seek(SeekFrom::Start(bytes.start))?;
    let mut left = bytes.end - bytes.start;
    let mut chunk = vec![0; CHUNK.min(usize::try_from(left).unwrap_or(CHUNK))];
    while left > 0 {
        let most = chunk.len().min(usize::try_from(left).unwrap_or(CHUNK));
        let read = source.read(&mut chunk[..most])?;
        if read == 0 {
            break;
        }
        image.write_all(&chunk[..read])?;
        left -= read as u64;
    }
    Ok(())
}

/// Opens an image whose log, which it says it has, is empty.
fn settled(image: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(image, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(plain)?;
    connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).map_err(plain)?;
    Ok(connection)
}

fn remove(image: &Path) {
    for addition in ["", "-wal", "-shm", "-journal"] {
        // Most of them were never there.
        let _ = fs::remove_file(beside(image, addition));
    }
}

/// A copy without free pages in a file beside `to`.
pub fn copy(source: &Connection, to: &Path) -> Result<PathBuf, StoreError> {
    let partial = beside(to, ".partial");
    if partial.exists() {
        fs::remove_file(&partial).map_err(|error| unwritable(&partial, &error))?;
    }
    let path = partial.to_str().ok_or_else(|| {
        StoreError::Configuration(format!("{} cannot be passed to SQLite: it is not UTF-8", partial.display()))
    })?;
    // SQLite takes an empty file for none.
    drop(private(&partial)?);
    // The connection cannot write to the store all the same: it was opened only to read.
    let copied =
        source.execute_batch("PRAGMA query_only = OFF").and_then(|()| source.execute("VACUUM INTO ?1", [path]));
    match copied {
        Ok(_) => Ok(partial),
        Err(failure) => {
            // What was copied so far is of no use; the failure is what matters.
            let _ = fs::remove_file(&partial);
            Err(plain(failure))
        }
    }
}

/// A new file that only its user reads: people's names and addresses are in it.
fn private(path: &Path) -> Result<File, StoreError> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| unwritable(path, &error))
}

/// Makes a copy durable, and only then the file that it is to be.
pub fn put_in_place(partial: &Path, to: &Path) -> Result<(), StoreError> {
    let done = File::open(partial)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(partial, to))
        .and_then(|()| sync_folder(to));
    done.map_err(|error| unwritable(to, &error))
}

/// Makes a rename durable, where folders can be synced.
#[cfg(unix)]
pub fn sync_folder(of: &Path) -> std::io::Result<()> {
    let folder = of.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

pub fn unwritable(path: &Path, error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::Full,
        _ => StoreError::Configuration(format!("cannot write {}: {error}", path.display())),
    }
}
