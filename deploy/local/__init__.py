"""One machine as a small cluster: private servers, the four processes and their one port (`make up`)."""
