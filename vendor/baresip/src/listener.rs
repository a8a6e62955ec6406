//! The audio of calls, handed to Rust: the other side of `modules/listener.c`.

#![expect(unsafe_code, reason = "is called by C")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::OnceLock;

/// Listens to one direction of a call. Called by an audio thread, which must not wait.
pub trait Ear: Send {
    /// Gets the next samples, those of all channels in turn. Of the sent direction they may be changed.
    fn hear(&mut self, samples: &mut [i16], rate: u32, channels: u8, muted: bool);
}

/// Listens to the calls of this process.
pub trait Listener: Send + Sync {
    /// A direction of a call begins. A call may have several one after another.
    fn open(&self, call: &str, sent: bool) -> Box<dyn Ear>;
    /// The command `listen`; an error says why it can't be carried out.
    fn command(&self, text: &str) -> Result<(), String>;
}

#[repr(C)]
struct Functions {
    open: extern "C" fn(*const c_char, bool) -> *mut c_void,
    frame: extern "C" fn(*mut c_void, *mut i16, usize, u32, u8, bool),
    close: extern "C" fn(*mut c_void),
    command: extern "C" fn(*const c_char, *mut c_char, usize) -> c_int,
}

unsafe extern "C" {
    fn telefonist_listener_set(functions: *const Functions);
    fn telefonist_listener_say(call: *const c_char, text: *const c_char);
}

static FUNCTIONS: Functions = Functions { open, frame, close, command };
static LISTENER: OnceLock<Box<dyn Listener>> = OnceLock::new();

/// Sets who listens, where the module `listener` is loaded. To be called once, before [`main`](crate::main).
pub fn listen(listener: Box<dyn Listener>) {
    if LISTENER.set(listener).is_ok() {
        // SAFETY: the functions are static
        unsafe { telefonist_listener_set(&raw const FUNCTIONS) };
    }
}

/// Makes the text a MODULE event of the call, `listener,TEXT`. From any thread; does nothing for a call that is over.
pub fn say(call: &str, text: &str) {
    if let (Ok(call), Ok(text)) = (CString::new(call), CString::new(text)) {
        // SAFETY: both are C strings, which are copied
        unsafe { telefonist_listener_say(call.as_ptr(), text.as_ptr()) };
    }
}

fn text_of<'a>(text: *const c_char) -> std::borrow::Cow<'a, str> {
    // SAFETY: the module gives C strings, which outlive the call
    unsafe { CStr::from_ptr(text) }.to_string_lossy()
}

extern "C" fn open(call: *const c_char, sent: bool) -> *mut c_void {
    match LISTENER.get() {
        Some(listener) => Box::into_raw(Box::new(listener.open(&text_of(call), sent))).cast(),
        None => std::ptr::null_mut(),
    }
}

extern "C" fn frame(ear: *mut c_void, samples: *mut i16, count: usize, rate: u32, channels: u8, muted: bool) {
    // SAFETY: `ear` comes from `open` and is not closed yet; one thread at a time has it. The frame holds that many
    // samples, and nobody else looks at them meanwhile.
    let (ear, samples) = unsafe { (&mut *ear.cast::<Box<dyn Ear>>(), std::slice::from_raw_parts_mut(samples, count)) };
    ear.hear(samples, rate, channels, muted);
}

extern "C" fn close(ear: *mut c_void) {
    // SAFETY: `ear` comes from `open`, and is closed once
    drop(unsafe { Box::from_raw(ear.cast::<Box<dyn Ear>>()) });
}

extern "C" fn command(text: *const c_char, why: *mut c_char, size: usize) -> c_int {
    const EINVAL: c_int = 22;
    let Some(Err(reason)) = LISTENER.get().map(|listener| listener.command(&text_of(text))) else { return 0 };
    let length = reason.floor_char_boundary(size.saturating_sub(1));
    let reason = CString::new(reason[..length].replace('\0', " ")).unwrap_or_default();
    // SAFETY: the buffer holds `size` bytes, and was cleared: a zero follows
    unsafe { std::ptr::copy_nonoverlapping(reason.as_ptr(), why, length) };
    EINVAL
}
