"""What gives verdicts: language models behind several doors, rules, baselines, recordings, one's own functions."""
