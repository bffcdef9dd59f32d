"""Where pictures and films are kept between the programs: an S3 server, a folder, or memory."""
