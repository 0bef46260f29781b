//! Requests sent together, answered one after the other.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use tokio_postgres::{Error, Row};

/// A request on a connection: it is sent when it is first polled.
pub type Request<'a> = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send + 'a>>;

/// What a request brought.
#[derive(Debug)]
pub enum Answer {
    Done,
    /// How many rows were written.
    Written(u64),
    Rows(Vec<Row>),
}

/// Sends all requests in their order, then waits for all answers.
///
/// The order is what makes this correct (children after their root, the commit last), and the usual `join_all` does not
/// promise in which order it first polls.
pub async fn in_order(mut requests: Vec<Request<'_>>) -> Vec<Result<Answer, Error>> {
    let mut answers: Vec<Option<Result<Answer, Error>>> = Vec::with_capacity(requests.len());
    for request in &mut requests {
        answers.push(
            poll_fn(|context| match request.as_mut().poll(context) {
                Poll::Ready(answer) => Poll::Ready(Some(answer)),
                Poll::Pending => Poll::Ready(None),
            })
            .await,
        );
    }
    let mut all = Vec::with_capacity(requests.len());
    for (request, answer) in requests.into_iter().zip(answers) {
        all.push(match answer {
            Some(answer) => answer,
            None => request.await,
        });
    }
    all
}
