"""Bad input at random: overrides, folders of config files, and command lines."""
