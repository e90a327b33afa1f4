"""Pure judging: from recorded exchanges to outcomes. Nothing here sends, sleeps, prints or skips."""
