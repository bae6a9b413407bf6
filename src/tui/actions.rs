//! Everything that a key or the palette can do.

macro_rules! actions {
    ($($variant:ident = $id:literal, $short:literal, $help:literal;)+) => {
        /// Something the operator can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Action { $($variant),+ }

        impl Action {
            /// Every action.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in the keymap.
            pub(crate) fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),+ }
            }

            /// One or two words for the footer, which [`crate::language::translated`] puts into the language spoken.
            pub(crate) fn short(self) -> &'static str {
                match self { $(Self::$variant => $short),+ }
            }

            /// A sentence for help and palette, likewise.
            pub(crate) fn help(self) -> &'static str {
                match self { $(Self::$variant => $help),+ }
            }
        }
    };
}

actions! {
    Help = "help", "help", "Show every key and command";
    Palette = "palette", "commands", "Run any action or command by its name";
    FocusTenants = "focus-tenants", "tenants", "Go to the tenants";
    FocusHistory = "focus-history", "history", "Go to history and diff";
    FocusPlan = "focus-plan", "plan", "Go to the plan";
    FocusLog = "focus-log", "log", "Go to the progress log";
    NextPane = "next-pane", "next pane", "Go to the next pane";
    PreviousPane = "previous-pane", "previous pane", "Go to the previous pane";
    Zoom = "zoom", "zoom", "Give the pane the whole window, or take it back";
    Back = "back", "back", "Go one level back";
    Cancel = "cancel", "cancel", "Stop what the pane is waiting for";
    Copy = "copy", "copy", "Copy the key, the row or the diff";
    ShowCommand = "show-command", "command", "Show the command line that does the same";
    Reload = "reload", "reload", "Read again what is on screen";
    Arm = "arm", "arm", "Allow writing (asks first), or go back to read-only";
    Disarm = "disarm", "disarm", "Go back to read-only";
    Runs = "runs", "runs", "List the recorded runs";
    Doctor = "doctor", "doctor", "Look for what is wrong (reads every table once), or see what was found last";
    KeepPlace = "keep", "bookmark", "Keep what is open under a name: an entity, a partition, a search";
    SignIn = "sign-in", "sign in", "Look for credentials again: rotated keys, a renewed token, a one-time code";
    EditConfig = "config", "configuration", "Edit the configuration file in $VISUAL or $EDITOR; what may change now is taken up";
    About = "about", "about", "Show version, build, paths and profile";
    Quit = "quit", "quit", "Leave the console";
    Suspend = "suspend", "suspend", "Stop the program as a job of the shell; fg brings it back";

    Up = "up", "up", "One line up";
    Down = "down", "down", "One line down";
    PageUp = "page-up", "page up", "One page up";
    PageDown = "page-down", "page down", "One page down";
    Top = "top", "top", "To the first line";
    Bottom = "bottom", "bottom", "To the last line read so far";
    Left = "left", "left", "Close the branch, or scroll left";
    Right = "right", "right", "Open the branch, or scroll right";
    Open = "open", "open", "Open what is selected";
    Filter = "filter", "filter", "Show only lines with a text";

    Scan = "scan", "count", "Count the entities of the module, tenant or type under the cursor (shows the cost first)";
    OpenKey = "open-key", "go to key", "Go straight to a partition, without counting";
    FindEntity = "find-entity", "find", "Find an entity by id, code, name or any place, in every tenant (:find)";
    Activity = "list-activity", "activity", "List who changed what and when: in the open entity or partition, or under the cursor (:activity)";
    Users = "users", "users", "List the users of the plan's or the profile's Cognito pool";
    Mark = "mark", "mark", "Mark or unmark the entity";
    MarkRange = "mark-range", "range", "Mark every entity from here on to where the cursor goes; again to end it there";
    MarkUp = "mark-up", "mark up", "Mark the entity and those above it, one after another";
    MarkDown = "mark-down", "mark down", "Mark the entity and those below it, one after another";
    Signs = "signs", "signs", "Say what the signs in the list mean";
    ClearMarks = "clear-marks", "unmark all", "Take every mark away";
    DeletedFilter = "deleted-filter", "deleted", "Show deleted entities too, not at all, or alone";

    StepOlder = "step-older", "older", "Select the version before";
    StepNewer = "step-newer", "newer", "Select the version after";
    MarkVersion = "mark-version", "mark", "Mark the version to compare others with, or take the mark away";
    CompareWith = "compare-with", "compare", "Compare with the version before, the current or the marked one";
    CompareTenant = "compare-tenant", "other tenant", "Compare with the same sort key of another partition";
    View = "show", "view", "Show changes, the row, or the last change of each attribute";
    SideBySide = "side-by-side", "side by side", "Show both versions side by side, or one under the other where there is no room; again for the changes alone";
    PlanView = "view", "as planned", "Show rows as the operations of the plan in the form would make them, writing nothing; again to end it";
    Bookkeeping = "bookkeeping", "all fields", "Show bookkeeping fields too (version, ttl, requestId and the like)";
    Wrap = "wrap", "wrap", "Wrap long lines, or scroll them";
    ScrollUp = "scroll-up", "scroll up", "Scroll the changes up";
    ScrollDown = "scroll-down", "scroll down", "Scroll the changes down";
    Watch = "watch", "watch", "Follow the entity or the partition live: what is new is marked +; again to end it";
    Preview = "preview", "preview", "Show what rolling back to the selected version would write";
    Rollback = "rollback", "roll back", "Roll back to the selected version (asks first)";

    NewPlan = "new-plan", "new plan", "Begin a plan with what is on screen";
    OpenPlan = "open-plan", "open file", "Open a plan file";
    SavePlan = "save-plan", "save", "Save the plan";
    EditPlan = "edit-plan", "editor", "Edit the plan's text in $VISUAL or $EDITOR";
    RunPlan = "run-plan", "run", "Run the plan (armed only; each batch asks first)";
    Batch = "batch", "batch", "Show the batch that waits for a decision";
    PauseRun = "pause-run", "pause", "Begin no further item of the run, or go on";
    Faster = "faster", "faster", "Let the run go twice as fast";
    Slower = "slower", "slower", "Let the run go half as fast";
    StopRun = "stop-run", "end run", "End the run between two items (asks first)";
    Outcomes = "outcomes", "outcome", "Show only items with one outcome, one after another";
    Tenants = "log-tenant", "tenant", "Show only items of one tenant, one after another";
    PreviewPlan = "preview-plan", "preview", "Find out what the plan would do, item by item; nothing is written";
    ShowPreview = "show-preview", "last preview", "Look at the plan's last preview again";
    Summary = "summary", "summary", "Show all that the preview or the batch comes to: counts, costs, advice, notes, digest";
    Which = "which-items", "which", "List every item, only problems, what is skipped, or what is written";
    Collisions = "collisions", "collisions", "Decide key collisions: which row stays (plans that normalise)";
    Violations = "violations", "invalid", "List violations in the previewed items: schemas by keyword, references by field";
    VerifyPlan = "verify", "verify", "Compare both sides of the plan field by field, or see that comparison again (reads each side once)";
    Rehearse = "rehearse", "rehearse", "Try the plan and its undo on a copy of its rows (reads them once); nothing real is written";
    Findings = "findings", "findings", "List what the plan's preview found beside its items";
    NextWord = "next-word", "change", "The next of the words that the key may have";
    ClearValue = "clear-value", "default", "Take the value away: its default counts";

    Approve = "approve", "approve…", "Write the batch (asks first)";
    ApproveRest = "approve-rest", "approve the rest…", "Write this batch and every later one (asks first)";
    SkipBatch = "skip-batch", "skip…", "Write nothing of the batch, now or later (asks first)";
    HoldBatch = "hold-batch", "hold…", "Write nothing of the batch for now (asks first)";
    TakeOut = "take-out", "take out", "Take the item out of the batch, or back in: what is out when the batch is approved is skipped for good";
    SplitBatch = "split-batch", "split…", "Ask for the batch's first half alone (asks first)";
    EndRun = "end", "end run…", "End the run before this batch (asks first)";
    ConfirmWrite = "confirm-write", "write", "Write it";
    ConfirmSkip = "confirm-skip", "skip it", "Skip it";
    ConfirmHold = "confirm-hold", "hold it", "Hold it";
    ConfirmSplit = "confirm-split", "split it", "Split it";
    ConfirmEnd = "confirm-end", "end it", "End the run";
    ConfirmArm = "confirm-arm", "arm", "Allow writing";
    RunSignIn = "run-sign-in", "run it", "Run the profile's command that signs in";
    ConfirmDiscard = "confirm-discard", "throw it away", "Throw the plan away";
    ConfirmLeave = "confirm-leave", "leave", "Leave the console";
    Accept = "accept", "accept", "Do it as it stands here";
    Choose = "choose", "choose", "Choose the other answer";
    Complete = "complete", "complete", "Complete the command";
    Resume = "resume", "resume", "Resume the run, or what waits for it";
    UndoRun = "undo-run", "undo", "Begin a plan that takes the run back";
    VerifyRun = "verify-run", "verify", "Compare what the run wrote with what is there";
    ReportRun = "report-run", "report", "Write a report on the run into a file";
    ExportRun = "export-run", "export", "Write the run's journal into a file";
    StepUp = "step-up", "up", "Move the transform, chain step, reference or decision before the one above it";
    StepDown = "step-down", "down", "Move the transform, chain step, reference or decision behind the one below it";
    RemoveStep = "remove-step", "take away", "Take the transform, chain step, reference or decision out of the plan";
    Record = "record", "record", "Copy the record of the run for a ticket, as Markdown";
    Severity = "severity", "severity", "Show only errors, only warnings, only notes, or all";
    Kind = "kind", "kind", "Show only one kind, one after another";
    Group = "group", "group", "Put together what one person did, or one request; again for neither";
    Repair = "repair", "repair…", "Preview a repair of the marked findings; where none is marked, of all that are listed and can be repaired";
    Pick = "pick", "this one", "Choose a line by its number";
    Merge = "merge", "merge…", "Put together the order in which rows are merged";
    Undecide = "undecide", "undecide", "Take the decision back";
    NextOpen = "next-open", "next", "Go to the next key that is not decided";
    OnlyOpen = "only-open", "undecided", "Show only what is undecided, or all";
    CopyKey = "copy-key", "key", "Copy the key (pk and sk)";
    CopySortKey = "copy-sort-key", "sort key", "Copy the sort key";
    CopyRow = "copy-row", "row", "Copy the row, as JSON";
    CopyDiff = "copy-diff", "diff", "Copy the diff, as JSON";
    CopyMarkdown = "copy-markdown", "Markdown", "Copy the diff, as Markdown";
    CopyFile = "copy-file", "into a file", "Write what was copied last into a file that only you can read";
    CopyCommand = "copy-command", "command line", "Copy the command line that does the same";

    Freeze = "freeze", "freeze", "Hold the log still, or let it run again";
    Levels = "levels", "levels", "Show everything, only warnings and errors, or only errors";
}

impl Action {
    /// Whether it makes sense by its name, wherever one is: moves do not, nor the answers of dialogs.
    pub(crate) fn is_command(self) -> bool {
        use Action as A;
        let moves = [
            A::Up,
            A::Down,
            A::PageUp,
            A::PageDown,
            A::Top,
            A::Bottom,
            A::Left,
            A::Right,
            A::Open,
            A::MarkUp,
            A::MarkDown,
        ];
        let of_dialogs = A::Approve..=A::CopyCommand;
        !moves.contains(&self) && !matches!(self, A::Back | A::Palette) && !of_dialogs.contains(&self)
    }

    /// The action of a name.
    pub(crate) fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|a| a.id() == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tests::speaking;
    use crate::language::{Language, translated};
    use crate::tui::keymap::Context;

    #[test]
    fn names_are_unique_and_read_back() {
        for action in Action::ALL {
            assert_eq!(Action::from_id(action.id()), Some(*action));
        }
    }

    #[test]
    fn words_of_actions_and_contexts_have_a_translation() {
        let is_translated = |text: &'static str| speaking(Language::Japanese, || translated(text)) != text;
        for action in Action::ALL {
            let is_name = *action == Action::CopyMarkdown;
            assert!(is_translated(action.help()) && (is_translated(action.short()) || is_name), "{}", action.id());
        }
        for &(_, name, heading) in Context::ALL {
            assert!(is_translated(heading), "{name}");
        }
    }
}
