"""Pages that exist only beside the sandbox: the bank, the processor, the mailbox."""
