"""What is wrong with what a user gave; told in one line, without a stack."""


class Problem(Exception):
    pass
