//! Items that the application's own import could not take, found before anything is handed over to it.

use crate::domain::csv::{application, fields};
use crate::domain::item::PlannedItem;
use crate::domain::job::ROW_LIMIT;
use crate::domain::plan::{Engine, Plan};
use crate::domain::row::{Row, field};
use crate::domain::run::{Action, Reason};
use crate::domain::value::Value;
use crate::engine::task::context::import_table;

/// An item as it is, with what its reader makes of cells as warnings; one that cannot pass becomes invalid and writes nothing.
pub(super) fn passing(mut item: PlannedItem) -> PlannedItem {
    let Some(after) = item.after().cloned() else { return item };
    match refusal(&item, &after) {
        Some((reason, message)) => {
            item.parts.iter_mut().for_each(|part| part.after = None);
            item.refused(Action::Invalid, reason, message)
        }
        None => {
            item.warnings.extend(application::remarks(&after));
            item
        }
    }
}

fn refusal(item: &PlannedItem, after: &Row) -> Option<(Reason, String)> {
    let failed = |why: String| Some((Reason::PipelineFailed, why));
    if let Some(why) = after.get(field::ATTRIBUTES).and_then(Value::why_not_json) {
        return failed(format!("its attributes cannot pass as JSON: {why}"));
    }
    if after.is_deleted() {
        return failed("the application's import knows no soft-deleted rows".to_owned());
    }
    if let Some(why) = application::misread_key(&item.source) {
        return failed(why);
    }
    let bytes: usize = fields(after, "", false).map_or(0, |fields| fields.iter().map(String::len).sum());
    let message = || format!("{bytes} bytes: the application's queues take rows of {ROW_LIMIT} at most");
    (bytes > ROW_LIMIT).then(|| (Reason::TooLarge, message()))
}

/// A note on the strategies that the application must have; `None` for a plan that writes the rows itself.
pub(super) fn note(plan: &Plan) -> Option<String> {
    if plan.run.engine == Engine::Direct {
        return None;
    }
    let name = import_table(&plan.work).map_or_else(|| "each row's module".to_owned(), |table| format!("{table:?}"));
    Some(format!(
        "written by the application's own import: it must have registered strategies for {name} that read the guide's columns; each \
         batch is a file and a job"
    ))
}
