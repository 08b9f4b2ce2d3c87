"""What is to be told, written in the transaction of its fact: events for hosts and mails for people."""
