//! Operations that tell how far they are, one JSON object a line.
//!
//! What fails before the first line is an ordinary failed request; what fails later is the last
//! line of a successful one.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use palan_docker_api::progress::ProgressMessage;
use palan_engine::images::{ImageProgress, ImageProgressSink};
use tokio::sync::mpsc;

use crate::connection::Tasks;
use crate::failure::Failure;
use crate::response::{self, Answer, json_line};
use crate::views::{ProgressFormat, progress_message};

/// Last words of an operation.
pub(super) type Outcome = palan_engine::Result<Vec<ProgressMessage>>;

/// The sink of an operation's progress, and the lines that arrive there.
pub(super) fn channel(format: ProgressFormat) -> (ImageProgressSink, Lines) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let sink = Arc::new(move |step: ImageProgress| {
        // The client may have left; the operation is ended by being dropped.
        let _ = sender.send(Bytes::from(json_line(&progress_message(step, format))));
    });
    (sink, Lines(receiver))
}

/// Lines of progress, ready to send.
pub(super) struct Lines(mpsc::UnboundedReceiver<Bytes>);

/// An operation that is brought to its end when the client leaves, because it reads what the client
/// sends: when that stops, it ends by itself.
pub(super) fn to_the_end(
    tasks: &Tasks,
    operation: impl Future<Output = Outcome> + Send + 'static,
) -> impl Future<Output = Outcome> + Send + 'static {
    let done = tasks.run(operation);
    async {
        done.await
            .unwrap_or_else(|| Ok(vec![ProgressMessage::error(Failure::interrupted().message)]))
    }
}

/// Runs an operation as long as the client listens, and sends its lines and then its last words.
/// The answer begins with the first line or the end, whichever comes first.
pub(super) async fn answer(
    operation: impl Future<Output = Outcome> + Send + 'static,
    lines: Lines,
) -> Result<Answer, Failure> {
    let mut operation = Box::pin(operation);
    let mut lines = lines.0;
    let first = tokio::select! {
        biased;
        Some(line) = lines.recv() => line,
        ended = &mut operation => {
            let mut all = drain(&mut lines);
            if all.is_empty() {
                all = last_lines(ended?);
            } else {
                all.extend(last_words(ended));
            }
            let all = stream::iter(all).map(Ok);
            return Ok(response::stream("application/json", all).into());
        }
    };
    let rest = stream::unfold(Some((operation, lines)), |running| async move {
        let (mut operation, mut lines) = running?;
        tokio::select! {
            biased;
            Some(line) = lines.recv() => Some((vec![line], Some((operation, lines)))),
            ended = &mut operation => {
                let mut last = drain(&mut lines);
                last.extend(last_words(ended));
                Some((last, None))
            }
        }
    });
    let all = stream::once(async { first })
        .chain(rest.flat_map(stream::iter))
        .map(Ok);
    Ok(response::stream("application/json", all).into())
}

/// How an operation ended, after its lines.
fn last_words(ended: Outcome) -> Vec<Bytes> {
    last_lines(ended.unwrap_or_else(|error| vec![ProgressMessage::error(error.to_string())]))
}

fn last_lines(messages: Vec<ProgressMessage>) -> Vec<Bytes> {
    messages
        .iter()
        .map(|message| Bytes::from(json_line(message)))
        .collect()
}

fn drain(lines: &mut mpsc::UnboundedReceiver<Bytes>) -> Vec<Bytes> {
    std::iter::from_fn(|| lines.try_recv().ok()).collect()
}
