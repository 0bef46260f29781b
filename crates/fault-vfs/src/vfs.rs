//! The VFS as SQLite sees it: C functions over a [`crate::Disk`].

use crate::disk::{Failure, Shared, State};
use crate::locks::Holder;
use rusqlite::ffi;
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};

pub(crate) const NAME: &str = "waybill-fault";
const C_NAME: &CStr = c"waybill-fault";
pub(crate) const PREFIX: &str = "fault-";
const PATH_MAX: c_int = 512;

static DISKS: Mutex<BTreeMap<u64, Weak<Shared>>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(1);

pub(crate) fn next_id() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn disks() -> MutexGuard<'static, BTreeMap<u64, Weak<Shared>>> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a disk known to SQLite.
pub(crate) fn enroll(disk: &Arc<Shared>) {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(register);
    let mut disks = disks();
    disks.retain(|_, disk| disk.strong_count() > 0);
    disks.insert(disk.id, Arc::downgrade(disk));
}

fn register() {
    let vfs = Box::leak(Box::new(ffi::sqlite3_vfs {
        iVersion: 1,
        szOsFile: size_of::<Handle>() as c_int,
        mxPathname: PATH_MAX,
        pNext: std::ptr::null_mut(),
        zName: C_NAME.as_ptr(),
        pAppData: std::ptr::null_mut(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: None,
        xCurrentTimeInt64: None,
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }));
    // SAFETY: the structure is never freed, and all its functions keep to SQLite's contract.
    let registered = unsafe { ffi::sqlite3_vfs_register(vfs, 0) };
    assert_eq!(registered, ffi::SQLITE_OK, "SQLite takes the VFS");
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    // 2: with shared memory, without mapped reads.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// What SQLite allocates for an open file; it begins with SQLite's own part.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

/// An open file.
struct Open {
    disk: Arc<Shared>,
    name: String,
    /// The disk's life in which it was opened.
    life: u64,
    holder: Holder,
    delete_on_close: bool,
    /// Kept as long as SQLite may look at it, also past the end of its life.
    shared_memory: Option<Arc<SharedMemory>>,
}

/// The wal-index: regions that SQLite reads and writes by pointer, under its own locks.
pub(crate) struct SharedMemory {
    regions: Mutex<Vec<Region>>,
}

struct Region(*mut [u8]);

// SAFETY: the pointer is only handed to SQLite, which keeps order among threads with the locks of this VFS.
unsafe impl Send for Region {}

impl Region {
    fn new(bytes: usize) -> Self {
        // Eight bytes at a time, for the alignment that SQLite expects.
        let words = vec![0_u64; bytes.div_ceil(8)].into_boxed_slice();
        let length = words.len() * 8;
        Self(std::ptr::slice_from_raw_parts_mut(Box::into_raw(words).cast::<u8>(), length))
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        let words = std::ptr::slice_from_raw_parts_mut(self.0.cast::<u64>(), self.0.len() / 8);
        // SAFETY: made from such a box in `new`, and no handle refers to it any more.
        drop(unsafe { Box::from_raw(words) });
    }
}

impl Open {
    /// The disk, if the file can still be reached.
    fn alive(&self) -> Option<MutexGuard<'_, State>> {
        Some(self.disk.state()).filter(|state| state.is_alive(self.life))
    }
}

/// # Safety
/// `file` is one that `open` below succeeded with and that is not closed.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Open {
    // SAFETY: SQLite passes what `open` filled in, from one thread at a time.
    unsafe { &mut *(*file.cast::<Handle>()).open }
}

/// The disk and the file's name on it.
///
/// # Safety
/// `path` is a string of SQLite's.
unsafe fn located(path: *const c_char) -> Option<(Arc<Shared>, String)> {
    // SAFETY: as promised by the caller.
    let path = unsafe { CStr::from_ptr(path) }.to_str().ok()?;
    let (id, name) = path.trim_start_matches('/').strip_prefix(PREFIX)?.split_once('/')?;
    let disk = disks().get(&id.parse().ok()?)?.upgrade()?;
    Some((disk, name.to_owned()))
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    path: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite allocated szOsFile bytes; without methods it does not call close after a failure.
    unsafe { (*file).pMethods = std::ptr::null() };
    if path.is_null() {
        // A temporary file belongs to no disk; the tests keep those in memory.
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: SQLite's string.
    let Some((disk, name)) = (unsafe { located(path) }) else { return ffi::SQLITE_CANTOPEN };
    let (life, holder) = {
        let mut state = disk.state();
        if !state.is_on() || (!state.files.contains_key(&name) && flags & ffi::SQLITE_OPEN_CREATE == 0) {
            return ffi::SQLITE_CANTOPEN;
        }
        state.files.entry(name.clone()).or_default();
        (state.life, state.new_holder())
    };
    let delete_on_close = flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0;
    let open = Box::new(Open { disk, name, life, holder, delete_on_close, shared_memory: None });
    // SAFETY: as above; the box is taken back in close.
    unsafe {
        (*file.cast::<Handle>()).open = Box::into_raw(open);
        (*file).pMethods = &METHODS;
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: made by `open`, closed once.
    let open = unsafe { Box::from_raw((*file.cast::<Handle>()).open) };
    if let Some(mut state) = open.alive() {
        if let Some(locks) = state.locks.get_mut(&open.name) {
            locks.forget(open.holder);
        }
        if open.delete_on_close {
            state.files.remove(&open.name);
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, path: *const c_char, _sync_folder: c_int) -> c_int {
    // SAFETY: SQLite's string.
    let Some((disk, name)) = (unsafe { located(path) }) else { return ffi::SQLITE_IOERR_DELETE };
    let mut state = disk.state();
    if !state.is_on() {
        return ffi::SQLITE_IOERR_DELETE;
    }
    if state.files.remove(&name).is_some() { ffi::SQLITE_OK } else { ffi::SQLITE_IOERR_DELETE_NOENT }
}

unsafe extern "C" fn access(_: *mut ffi::sqlite3_vfs, path: *const c_char, _: c_int, out: *mut c_int) -> c_int {
    // SAFETY: SQLite's string.
    let Some((disk, name)) = (unsafe { located(path) }) else { return ffi::SQLITE_IOERR_ACCESS };
    let state = disk.state();
    if !state.is_on() {
        return ffi::SQLITE_IOERR_ACCESS;
    }
    let there = state.files.get(&name).is_some_and(|file| !file.data.is_empty());
    // SAFETY: SQLite's own place for the answer.
    unsafe { *out = c_int::from(there) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite's string, and a buffer of `room` bytes.
    unsafe {
        let path = CStr::from_ptr(path).to_bytes_with_nul();
        if path.len() > room as usize {
            return ffi::SQLITE_CANTOPEN;
        }
        std::ptr::copy_nonoverlapping(path.as_ptr().cast(), out, path.len());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, count: c_int, out: *mut c_char) -> c_int {
    // SAFETY: a buffer of `count` bytes.
    unsafe { std::ptr::write_bytes(out, 7, count as usize) };
    count
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: SQLite's own place; any day will do, no statement of ours asks for it.
    unsafe { *out = 2_460_000.5 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, into: *mut c_void, amount: c_int, offset: i64) -> c_int {
    // SAFETY: an open file, and a buffer of `amount` bytes.
    let (open, into) = unsafe { (opened(file), std::slice::from_raw_parts_mut(into.cast::<u8>(), amount as usize)) };
    let Some(state) = open.alive() else { return ffi::SQLITE_IOERR_READ };
    let data = state.files.get(&open.name).map_or(&[][..], |file| &file.data);
    let from = data.get(offset as usize..).unwrap_or_default();
    let count = from.len().min(into.len());
    into[..count].copy_from_slice(&from[..count]);
    into[count..].fill(0);
    if count < into.len() { ffi::SQLITE_IOERR_SHORT_READ } else { ffi::SQLITE_OK }
}

const fn code(failure: &Failure, off: c_int) -> c_int {
    match failure {
        Failure::Off => off,
        Failure::Full => ffi::SQLITE_FULL,
        Failure::Sync => ffi::SQLITE_IOERR_FSYNC,
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, amount: c_int, offset: i64) -> c_int {
    // SAFETY: an open file, and a buffer of `amount` bytes.
    let (open, from) = unsafe { (opened(file), std::slice::from_raw_parts(from.cast::<u8>(), amount as usize)) };
    let Some(mut state) = open.alive() else { return ffi::SQLITE_IOERR_WRITE };
    match state.write(&open.name, offset as usize, from) {
        Ok(()) => ffi::SQLITE_OK,
        Err(failure) => code(&failure, ffi::SQLITE_IOERR_WRITE),
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: an open file.
    let open = unsafe { opened(file) };
    let Some(mut state) = open.alive() else { return ffi::SQLITE_IOERR_TRUNCATE };
    match state.truncate(&open.name, size as usize) {
        Ok(()) => ffi::SQLITE_OK,
        Err(failure) => code(&failure, ffi::SQLITE_IOERR_TRUNCATE),
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open file.
    let open = unsafe { opened(file) };
    let synced = match open.alive() {
        Some(mut state) => state.sync(&open.name),
        None => Err(Failure::Off),
    };
    match synced {
        Ok(hook) => {
            // Outside the disk's lock: the hook may look at the disk.
            if let Some(hook) = hook {
                hook();
            }
            ffi::SQLITE_OK
        }
        Err(failure) => code(&failure, ffi::SQLITE_IOERR_FSYNC),
    }
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    // SAFETY: an open file, and SQLite's own place for the answer.
    let open = unsafe { opened(file) };
    let Some(state) = open.alive() else { return ffi::SQLITE_IOERR_FSTAT };
    // SAFETY: as above.
    unsafe { *out = state.files.get(&open.name).map_or(0, |file| file.data.len() as i64) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file.
    let open = unsafe { opened(file) };
    let Some(mut state) = open.alive() else { return ffi::SQLITE_IOERR_LOCK };
    let locks = state.locks.entry(open.name.clone()).or_default();
    if locks.raise(open.holder, level) { ffi::SQLITE_OK } else { ffi::SQLITE_BUSY }
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file.
    let open = unsafe { opened(file) };
    if let Some(mut state) = open.alive() {
        state.locks.entry(open.name.clone()).or_default().lower(open.holder, level);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: an open file, and SQLite's own place for the answer.
    let open = unsafe { opened(file) };
    let Some(state) = open.alive() else { return ffi::SQLITE_IOERR_CHECKRESERVEDLOCK };
    let reserved = state.locks.get(&open.name).is_some_and(crate::locks::Locks::is_reserved);
    // SAFETY: as above.
    unsafe { *out = c_int::from(reserved) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    4096
}

unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    // A write never harms bytes beside it; SQLite assumes the same of the system's files.
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: an open file.
    let open = unsafe { opened(file) };
    let memory = match &open.shared_memory {
        Some(memory) => Arc::clone(memory),
        None => {
            let Some(mut state) = open.alive() else { return ffi::SQLITE_IOERR_SHMMAP };
            let fresh = || Arc::new(SharedMemory { regions: Mutex::new(Vec::new()) });
            Arc::clone(state.shared_memory.entry(open.name.clone()).or_insert_with(fresh))
        }
    };
    open.shared_memory = Some(Arc::clone(&memory));
    let mut regions = memory.regions.lock().unwrap_or_else(PoisonError::into_inner);
    while extend != 0 && regions.len() <= region as usize {
        regions.push(Region::new(bytes as usize));
    }
    let place = regions.get(region as usize).map_or(std::ptr::null_mut(), |region| region.0.cast::<c_void>());
    // SAFETY: SQLite's own place for the answer; the region lives as long as the handle refers to it.
    unsafe { *out = place };
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(file: *mut ffi::sqlite3_file, offset: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: an open file.
    let open = unsafe { opened(file) };
    let Some(mut state) = open.alive() else { return ffi::SQLITE_IOERR_SHMLOCK };
    let locks = state.locks.entry(open.name.clone()).or_default();
    let slots = offset as usize..(offset + count) as usize;
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        locks.give_slots(open.holder, slots);
        return ffi::SQLITE_OK;
    }
    let exclusive = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
    if locks.take_slots(open.holder, slots, exclusive) { ffi::SQLITE_OK } else { ffi::SQLITE_BUSY }
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, delete: c_int) -> c_int {
    // SAFETY: an open file.
    let open = unsafe { opened(file) };
    if let Some(mut state) = open.alive() {
        if let Some(locks) = state.locks.get_mut(&open.name) {
            locks.give_slots(open.holder, 0..ffi::SQLITE_SHM_NLOCK as usize);
        }
        if delete != 0 {
            state.shared_memory.remove(&open.name);
        }
    }
    open.shared_memory = None;
    ffi::SQLITE_OK
}
