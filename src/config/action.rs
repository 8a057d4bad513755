//! The vocabulary that keys are translated to: what can be done, and where a key means it.
//!
//! Help, footer and palette take their words from here, so they cannot drift from what works.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $slug:literal, $short:literal, $about:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $(#[doc = $about] $variant,)* }

        impl $name {
            /// Every value, in the order of declaration, which is the order of the help screen.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name used in `keymap.toml`.
            #[must_use]
            pub fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug),* }
            }

            /// One or two words for the footer.
            #[must_use]
            pub fn short(self) -> &'static str {
                match self { $(Self::$variant => $short),* }
            }

            /// What it is, for help and palette.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about),* }
            }

            /// The value of that name.
            #[must_use]
            pub fn from_slug(slug: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.slug() == slug)
            }
        }
    };
}

words! {
    /// Something a key can ask for.
    Action {
        Open = "open", "open", "Open what is under the cursor";
        Add = "add", "add", "Add a credential, or a host on its screen";
        Edit = "edit", "edit", "Edit the record, secret apart; or a host";
        Check = "check", "check", "Check the selection, or this one";
        CheckAll = "check-all", "check all", "Check every credential on the rack";
        CheckHeld = "check-held", "check held", "Check those held back after three rejections";
        Stop = "stop", "stop", "Stop the work that is under way";
        Revoke = "revoke", "revoke", "Revoke at the host, then destroy it here";
        Forget = "forget", "forget", "Take off the rack, asking no host";
        Rotate = "rotate", "rotate", "Replace the secret: prove a new one, end the old one";
        Incident = "incident", "incident", "Revoke leaked tokens, pasted by the hundred";
        Permissions = "permissions", "permissions", "Show what it may do, against what its jobs need";
        Diagnose = "diagnose", "diagnose", "Find out why it does not work, stage by stage";
        DiagnoseOther = "diagnose-other", "diagnose other", "Diagnose a token or a failing exchange that is not on the rack";
        CopyCommand = "copy-command", "copy command", "Copy the command that mends it";
        Export = "export", "report", "Write a redacted report, for a ticket";
        Guide = "guide", "guide", "Show how a token is made by hand";
        Inventory = "inventory", "inventory", "Show the host's own list, beside the rack";
        Create = "create", "create", "Have the host make a credential";
        Deployment = "deployment", "deployment", "Tell Jira what was deployed where (Open DevOps)";
        Mark = "mark", "select", "Select or unselect, and go one down";
        MarkAll = "mark-all", "select shown", "Select all that are shown; again: none";
        Filter = "filter", "filter", "Filter by label, host, account, tag, verdict";
        Sort = "sort", "sort", "Sort by the next column";
        SortReverse = "sort-reverse", "reverse", "Sort the other way round";
        Doctor = "doctor", "doctor", "Look at keyrack's own health, and mend it";
        Mend = "mend", "mend", "Mend what keyrack can mend itself; asks first";
        Hosts = "hosts", "hosts", "Show the hosts";
        Log = "log", "log", "Show the log of what was done";
        Messages = "messages", "messages", "Read the latest messages again, in full";
        Settings = "settings", "settings", "Show which secret store is used, and why";
        Reload = "reload", "reload", "Read the rack again";
        Remove = "remove", "remove", "Remove the host";
        Test = "test", "test", "Ask the host what it is, without a secret";
        Keep = "keep", "keep", "Put the credential on the rack";
        KeepAnyway = "keep-anyway", "keep anyway", "Put it on the rack although it is not accepted";
        CheckAgain = "check-again", "check again", "Ask the hosts once more";
        Change = "change", "change", "Go back and change what was entered";
        Page = "page", "open page", "Open the vendor's page in the browser";
        Verify = "verify", "done: check now", "Done by hand: check that it is dead";
        Up = "up", "up", "One up";
        Down = "down", "down", "One down";
        Top = "top", "top", "To the first";
        Bottom = "bottom", "bottom", "To the last";
        PageUp = "page-up", "page up", "One page up";
        PageDown = "page-down", "page down", "One page down";
        Next = "next", "next", "The next credential";
        Previous = "previous", "previous", "The previous credential";
        NextPane = "next-pane", "other pane", "Go to the other pane";
        NextField = "next-field", "next field", "To the next field";
        PreviousField = "previous-field", "previous field", "To the previous field";
        Suggest = "suggest", "suggestion", "Take the next suggestion";
        SuggestBack = "suggest-back", "suggestion before", "Take the suggestion before";
        NextChoice = "next-choice", "next choice", "The next choice";
        PreviousChoice = "previous-choice", "previous choice", "The previous choice";
        Submit = "submit", "go on", "Go on";
        Confirm = "confirm", "yes", "Yes";
        Back = "back", "back", "Back, cancel, clear";
        Help = "help", "help", "Show every key that works here";
        Palette = "palette", "command", "Find a command by name";
        Quit = "quit", "quit", "Quit; asks while work is under way";
        QuitNow = "quit-now", "quit now", "Quit at once";
        Suspend = "suspend", "suspend", "Suspend keyrack; `fg` brings it back";
        Redraw = "redraw", "redraw", "Draw the screen anew";
        EditLeft = "edit-left", "left", "Cursor left";
        EditRight = "edit-right", "right", "Cursor right";
        EditWordLeft = "edit-word-left", "word left", "Cursor to the word before";
        EditWordRight = "edit-word-right", "word right", "Cursor to the word after";
        EditHome = "edit-home", "line start", "Cursor to the start";
        EditEnd = "edit-end", "line end", "Cursor to the end";
        DeleteBack = "delete-back", "delete", "Delete the character before the cursor";
        DeleteForward = "delete-forward", "delete", "Delete the character under the cursor";
        DeleteWord = "delete-word", "delete word", "Delete the word before the cursor";
        DeleteToStart = "delete-to-start", "clear", "Delete all before the cursor";
        DeleteToEnd = "delete-to-end", "clear", "Delete all after the cursor";
    }
}

impl Action {
    /// Worth a line in the palette: a command, not a movement or an edit of text.
    #[must_use]
    pub fn is_command(self) -> bool {
        self < Self::Up || matches!(self, Self::Help | Self::Quit | Self::QuitNow | Self::Suspend | Self::Redraw)
    }
}

words! {
    /// Where a key means something. Contexts of a screen are asked in turn, the nearest first.
    Context {
        Rack = "rack", "rack", "On the rack";
        Detail = "detail", "detail", "On a credential";
        Hosts = "hosts", "hosts", "On the hosts screen";
        Permissions = "permissions", "permissions", "On the permissions of a credential";
        Diagnose = "diagnose", "diagnose", "On a diagnosis";
        Doctor = "doctor", "doctor", "On keyrack's own health";
        Making = "making", "making", "On a guide for making a token by hand";
        Inventory = "inventory", "inventory", "On a host's own list";
        Guide = "guide", "guide", "On a revocation that is done or guided";
        Result = "result", "result", "On the result of a new credential's check";
        Dialog = "dialog", "dialog", "In a question";
        List = "list", "list", "In every list";
        Screen = "screen", "screen", "On every screen";
        Text = "text", "text", "In a text field";
        Suggest = "suggest", "suggest", "On a field with suggestions";
        Choice = "choice", "choice", "On a field with choices";
        Form = "form", "form", "In a form";
        Prompt = "prompt", "prompt", "In the filter and the command prompt";
        Global = "global", "global", "Everywhere";
    }
}
