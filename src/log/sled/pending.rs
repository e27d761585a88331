//! What is in the journal and not yet in the store, proved complete, when a log is opened.

use std::path::PathBuf;

use super::{
    chain::Fault,
    frame::Frame,
    journal::Found,
    tail_file::{Mark, Named},
};
use crate::position::Position;

/// Something that is missing from the journal or altered in it.
#[derive(Debug)]
pub struct JournalFault {
    /// What, and at which position.
    pub fault: Fault,
    /// The file that it should be in.
    pub file: PathBuf,
}

/// The frames that hold what comes after the store's last position, in order and without gaps.
///
/// An append at the very end that is not whole was not acknowledged, and is left out. Anything else that is not whole
/// is damage: a whole frame behind it shows that it was synced once, and so does its being named.
pub fn pending(found: &[Found], stored: Position, named: Named) -> Result<Vec<Frame>, JournalFault> {
    let mut frames: Vec<(&Frame, &Found)> = found
        .iter()
        .flat_map(|file| file.frames.iter().map(move |frame| (frame, file)))
        .filter(|(frame, _)| stored < frame.last())
        .collect();
    frames.sort_by_key(|(frame, _)| frame.first());
    let mut end = stored;
    for (index, (frame, file)) in frames.iter().enumerate() {
        let follows = if index == 0 { frame.first() <= end.next() } else { frame.first() == end.next() };
        if !follows {
            let reason = format!("the journal goes on with position {}", frame.first());
            return Err(JournalFault {
                fault: Fault { position: end.next(), reason },
                file: file.path.clone(),
            });
        }
        end = frame.last();
    }
    let newest = frames.last().map(|(_, file)| *file).or(found.first());
    let file = newest.map(|file| file.path.clone()).unwrap_or_default();
    if let Some(file) = found.iter().find(|file| end < file.stray) {
        let reason =
            format!("the append is not as it was written, and there are later ones up to {}", file.stray);
        return Err(JournalFault { fault: Fault { position: end.next(), reason }, file: file.path.clone() });
    }
    let durable = named.appended.position.max(named.stored.position);
    if end < durable {
        let reason = format!("the log ends here, but {durable} records were durable");
        return Err(JournalFault { fault: Fault { position: end.next(), reason }, file });
    }
    let marked = frames.iter().find(|(frame, _)| named.appended.position <= frame.last());
    if let Some((frame, file)) = marked
        && stored < named.appended.position
        && Mark::from(*frame) != named.appended
    {
        let reason = format!("the append is not the one that ended at position {}", named.appended.position);
        let fault = Fault { position: frame.first(), reason };
        return Err(JournalFault { fault, file: file.path.clone() });
    }
    Ok(frames.into_iter().map(|(frame, _)| frame.clone()).collect())
}
