"""Documents: how a job's transcript is to be laid out, as text or as captions; the files are made when asked for."""
