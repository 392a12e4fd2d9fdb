#include "app/cli.h"

int main(int argument_count, char** arguments) { return parlance::app::run(argument_count, arguments); }
