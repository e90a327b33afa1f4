"""What is right: specs/ and catalogue/ as objects. Nothing here sends, judges or words a report."""
