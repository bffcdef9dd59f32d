"""The bot: it is mentioned with a picture, and answers with the same in colour."""
