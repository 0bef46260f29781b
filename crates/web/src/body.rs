//! What a handler leaves unread of a request's body. Many clients read no answer before they have sent all of theirs; to those
//! a server that answers and closes is a broken connection, not a problem with a code. So the rest is read and forgotten while
//! the answer goes out.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// Bytes read on after the answer at most; whoever sends more is cut off.
const READ_ON_MAX: usize = 16 << 20;

struct Held {
    body: Body,
    /// Somebody wanted some of it.
    is_asked: bool,
    is_over: bool,
}

fn locked(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The body as a handler has it.
struct Lent(Arc<Mutex<Held>>);

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut held = locked(&self.0);
        held.is_asked = true;
        let frame = Pin::new(&mut held.body).poll_frame(context);
        held.is_over |= matches!(frame, Poll::Ready(None | Some(Err(_))));
        frame
    }

    fn is_end_stream(&self) -> bool {
        locked(&self.0).body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        locked(&self.0).body.size_hint()
    }
}

/// What there is of a body once its handler is done with it.
pub struct Rest {
    held: Arc<Mutex<Held>>,
    /// The client waits to be told whether it should send the body.
    is_offered: bool,
}

/// Lends a request's body to whoever serves it. None where it has none.
pub fn lend(request: Request) -> (Request, Option<Rest>) {
    if request.body().is_end_stream() {
        return (request, None);
    }
    let is_offered = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let held = Arc::new(Mutex::new(Held { body, is_asked: false, is_over: false }));
    let rest = Rest { held: held.clone(), is_offered };
    (Request::from_parts(parts, Body::new(Lent(held))), Some(rest))
}

impl Rest {
    /// Reads on beside the answer, for `limit` at most, unless somebody still reads it or the client need not send it.
    pub fn read_on(self, limit: Duration) {
        let Some(held) = Arc::into_inner(self.held) else { return };
        let mut held = held.into_inner().unwrap_or_else(PoisonError::into_inner);
        if held.is_over || held.body.is_end_stream() || (self.is_offered && !held.is_asked) {
            return;
        }
        tokio::spawn(async move {
            let read = async {
                let mut left = READ_ON_MAX;
                while let Some(Ok(frame)) = std::future::poll_fn(|cx| Pin::new(&mut held.body).poll_frame(cx)).await {
                    let Some(still) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
                    left = still;
                }
            };
            // Whatever is left then, the connection is closed.
            let _ = tokio::time::timeout(limit, read).await;
        });
    }
}
