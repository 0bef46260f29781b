//! Many orders in one request: a line of JSON each, a line of answer each, in order.

use super::orders::as_sent;
use super::place::PlaceOrderBody;
use crate::ask::{self, Context, ReceiptView};
use crate::auth::Caller;
use crate::json;
use crate::problem::{self, Problem, ProblemView};
use crate::state::WebState;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};
use serde::Serialize;
use utoipa::ToSchema;

/// The longest line, in bytes.
pub const LINE_MAX: usize = 256 * 1024;

/// Lines under way at once.
const AT_ONCE: usize = 256;

/// The answer to one line.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResult {
    /// Counted from 1.
    pub line: u64,
    /// As a request of its own would have been answered.
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemView>,
    /// The same key was carried out before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replayed: bool,
}

/// Cuts a body into lines.
struct Lines {
    body: axum::body::BodyDataStream,
    held: Vec<u8>,
    /// Where in `held` the line being read begins, and up to where there is no end of it.
    start: usize,
    searched: usize,
    /// The line being read is too long; the rest of it is thrown away.
    skipping: bool,
    count: u64,
    ended: bool,
}

/// A line with its number, or why there is none.
type Line = (u64, Result<Bytes, Problem>);

impl Lines {
    fn new(body: Body) -> Self {
        let body = body.into_data_stream();
        Self { body, held: Vec::new(), start: 0, searched: 0, skipping: false, count: 0, ended: false }
    }

    /// The line that ends before `end`.
    fn cut(&mut self, end: usize) -> Line {
        let line = Bytes::copy_from_slice(&self.held[self.start..end]);
        (self.start, self.searched) = (end + 1, end + 1);
        self.count += 1;
        let too_long = std::mem::take(&mut self.skipping) || line.len() > LINE_MAX;
        (self.count, if too_long { Err(ask::too_large(LINE_MAX)) } else { Ok(line) })
    }

    fn forget(&mut self) {
        self.held.clear();
        (self.start, self.searched) = (0, 0);
    }

    async fn next(&mut self) -> Option<Line> {
        loop {
            let rest = self.held.get(self.searched..).unwrap_or_default();
            if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                return Some(self.cut(self.searched + end));
            }
            self.held.drain(..self.start.min(self.held.len()));
            (self.start, self.searched) = (0, self.held.len());
            if self.held.len() > LINE_MAX {
                self.skipping = true;
                self.forget();
            }
            if self.ended {
                let more = !self.held.is_empty() || self.skipping;
                let line = more.then(|| self.cut(self.held.len()));
                self.forget();
                return line;
            }
            match self.body.next().await {
                Some(Ok(bytes)) => self.held.extend_from_slice(&bytes),
                Some(Err(_)) => {
                    self.ended = true;
                    self.skipping = false;
                    self.forget();
                    self.count += 1;
                    return Some((self.count, Err(Problem::malformed("The body ended before it was complete."))));
                }
                None => self.ended = true,
            }
        }
    }

    fn stream(self) -> impl Stream<Item = Line> + Send {
        futures_util::stream::unfold(self, |mut lines| async move { lines.next().await.map(|line| (line, lines)) })
    }
}

/// What all lines share.
#[derive(Clone)]
struct Bulk {
    state: WebState,
    caller: Caller,
    /// The request's key; each line adds its number.
    key: Option<String>,
}

impl Bulk {
    async fn place(self, line: Line) -> BulkResult {
        let (number, bytes) = line;
        match self.try_place(number, bytes).await {
            Ok(receipt) => BulkResult {
                line: number,
                status: 201,
                replayed: receipt.replayed,
                receipt: Some(ReceiptView::from(&receipt)),
                problem: None,
            },
            Err(problem) => BulkResult {
                line: number,
                status: problem.status.as_u16(),
                receipt: None,
                replayed: problem.replayed,
                problem: Some(problem.view()),
            },
        }
    }

    async fn try_place(&self, number: u64, bytes: Result<Bytes, Problem>) -> Result<waybill_engine::Receipt, Problem> {
        let bytes = bytes?;
        let mut value = ask::parse(&bytes)?;
        let own = value.as_object_mut().and_then(|fields| fields.remove("idempotency_key"));
        let key = match own {
            Some(serde_json::Value::String(key)) if ask::is_key(&key) => Some(key),
            Some(_) => {
                return Err(Problem::edge(problem::KEY_INVALID, "The idempotency_key cannot be used."));
            }
            None => self.key.as_ref().map(|key| format!("{key}#{number}")),
        };
        let body: PlaceOrderBody = json::read(value).map_err(Problem::invalid)?;
        let ids = self.state.engine().ids();
        let one = body.payment.is_some();
        let command = body.into_command(ids, |name| self.state.has_gateway(name))?;
        let context = Context {
            expected_version: None,
            caller: self.caller.clone(),
            key,
            body_hash: ask::body_hash("POST", "/api/v1/orders/bulk", &bytes),
            minimal: true,
        };
        let submission = context.submission(command.into(), ids);
        // The lines under way are bounded here, so they may wait for room.
        let receipt = self.state.engine().submit_patiently(submission).await;
        receipt.map_err(|error| as_sent(Problem::from(error), one))
    }
}

/// Places an order per line (NDJSON in, NDJSON out). Lines do not stop each other. A line is a body of `POST /orders`,
/// and may carry its own `idempotency_key`; without one the request's key and the line's number stand for it. Gateways
/// are asked afterwards: the receipt says `awaits_gateway`.
#[utoipa::path(post, path = "/orders/bulk", tag = "orders",
    request_body(content = PlaceOrderBody, content_type = "application/x-ndjson"),
    responses((status = 200, body = BulkResult, content_type = "application/x-ndjson")))]
pub async fn place_many(
    State(state): State<WebState>,
    caller: Caller,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    // Room for the number of a line.
    let key = ask::key(&headers)?;
    if key.as_ref().is_some_and(|key| key.len() > 180) {
        return Err(Problem::edge(problem::KEY_INVALID, "Of a bulk request the key has at most 180 characters."));
    }
    let id = crate::request::id();
    let bulk = Bulk { state, caller, key };
    let results = Lines::new(request.into_body())
        .stream()
        .map(move |line| crate::request::within(id.clone(), bulk.clone().place(line)))
        .buffered(AT_ONCE)
        .map(|result| {
            let mut line = serde_json::to_vec(&result)?;
            line.push(b'\n');
            Ok::<_, serde_json::Error>(line)
        });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(results)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::Index;
    use std::convert::Infallible;

    fn line() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            8 => prop::collection::vec(any::<u8>(), 0..40),
            // Just about as long as a line may be.
            1 => (LINE_MAX - 2..LINE_MAX + 3).prop_map(|length| vec![b'x'; length]),
            1 => (LINE_MAX..3 * LINE_MAX).prop_map(|length| vec![b'y'; length]),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A body in whatever pieces it comes is cut at its ends of lines; too long a line is told and the next one read.
        #[test]
        fn any_body_is_cut_into_its_lines(
            lines in prop::collection::vec(line(), 0..6),
            cuts in prop::collection::vec(any::<Index>(), 0..12),
            is_ended in any::<bool>(),
        ) {
            let mut body = lines.join(&b'\n');
            body.extend(is_ended.then_some(b'\n'));
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).chain([0, body.len()]).collect();
            places.sort_unstable();
            let pieces: Vec<_> =
                places.windows(2).map(|pair| Ok::<_, Infallible>(Bytes::copy_from_slice(&body[pair[0]..pair[1]]))).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            let stream = Lines::new(Body::from_stream(futures_util::stream::iter(pieces))).stream();
            let read: Vec<Line> = runtime.block_on(stream.collect());
            let mut expected: Vec<&[u8]> = body.split(|byte| *byte == b'\n').collect();
            // Behind the last end of a line nothing begins.
            expected.pop_if(|last| last.is_empty());
            prop_assert_eq!(read.len(), expected.len());
            for (n, ((number, line), expected)) in read.into_iter().zip(expected).enumerate() {
                prop_assert_eq!(number, n as u64 + 1);
                match line {
                    Ok(line) => prop_assert!(line == expected && line.len() <= LINE_MAX),
                    Err(problem) => prop_assert!(expected.len() > LINE_MAX && problem.status.as_u16() == 413),
                }
            }
        }
    }
}
