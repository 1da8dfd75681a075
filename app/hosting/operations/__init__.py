"""Changes of sites that survive a lost answer, a refusal and the end of this process."""
