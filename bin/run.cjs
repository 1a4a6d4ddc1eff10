#!/usr/bin/env node
// CommonJS, and old syntax: it starts faster, and an old Node.js can read the line that turns it away.
'use strict'
var argv = process.argv.slice(2)
var parts = process.versions.node.split('.')
if (Number(parts[0]) < 20 || (Number(parts[0]) === 20 && Number(parts[1]) < 19)) {
  process.stderr.write('labos needs Node.js 20.19 or newer; this is ' + process.versions.node + '.\n')
  process.exit(3)
}
var only = argv.length === 1 ? argv[0] : undefined
if (only === '--version' || only === '-v') {
  var about = require('../package.json')
  process.stdout.write(
    'labos/' + about.version + ' ' + process.platform + '-' + process.arch + ' node-' + process.version + '\n',
  )
} else if (only === '--help' || only === '-h' || only === 'help' || (argv.length === 0 && !canAsk())) {
  process.stdout.write(require('fs').readFileSync(require('path').join(__dirname, '../dist/help.txt'), 'utf8'))
  if (argv.length === 0) process.exitCode = 4 // something to do is missing, and nobody can be asked
} else if (['ps', 'ls', 'list', 'status'].indexOf(argv[0]) >= 0) {
  require('../dist/fast.cjs')
    .run(argv)
    .then(function (done) {
      if (!done) full()
    })
} else {
  full()
}

// A function, because the first look at process.stdin costs more than all of --version.
function canAsk() {
  return process.stdin.isTTY && process.stderr.isTTY && !process.env.CI
}

function full() {
  if (argv.length === 0) process.argv.push('up') // asks what to run
  if (argv[0] === 'help') process.argv = process.argv.slice(0, 2).concat(argv.slice(1), '--help')
  import('../dist/main.js').then(function (labos) {
    return labos.main(__filename)
  })
}
