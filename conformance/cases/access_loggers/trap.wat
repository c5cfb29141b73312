;;! title = "A trap while logging fails the VM; the stream is over anyway, later ones are not logged, and other loggers are told"
;;! spec = "failure_policy"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "bad", access_log = true }, { name = "good", access_log = true, module = "../shared/logs.wat", vm = { vm_id = "good" } }, { name = "again", failure_policy = "reload", access_log = true, vm = { vm_id = "again" } }]
;;! dialogue = [{ request = {} }, { response = {} }, { finish = true }, { advance = 1500 }, { stream = "two", request = {} }, { stream = "two", response = {} }]
(module {{prelude}}
  (func {{export proxy_on_log}}
    (unreachable)))
