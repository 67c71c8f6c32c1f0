PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE settings(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE jobs(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, circuit TEXT NOT NULL DEFAULT '',
  library TEXT NOT NULL, out TEXT NOT NULL, state INTEGER NOT NULL, created_ms INTEGER NOT NULL, finished_ms INTEGER NOT NULL DEFAULT 0,
  last_event INTEGER NOT NULL DEFAULT 0, spec TEXT NOT NULL, plan TEXT, error TEXT, result TEXT,
  chains INTEGER NOT NULL DEFAULT 0, chains_done INTEGER NOT NULL DEFAULT 0, chains_failed INTEGER NOT NULL DEFAULT 0,
  variants INTEGER NOT NULL DEFAULT 0);
INSERT INTO jobs VALUES(1,'first','run','fake','work','/home/user/out',2,1795881169383,1795881170014,16,'{"chains":[{"name":"a","variants":2},{"name":"b","variants":1}]}','{"circuit":"fake","count":512}',NULL,'{"chains":{"done":2,"failed":0,"total":2},"circuit":"fake","variants":5}',2,2,0,5);
INSERT INTO jobs VALUES(2,'second','run','fake','work','',2,1795881170035,1795881170306,10,'{"chains":[{"name":"a","variants":2}]}','{"circuit":"fake","count":512}',NULL,'{"chains":{"done":1,"failed":0,"total":1},"circuit":"fake","variants":3}',1,1,0,3);
CREATE TABLE chains(
  job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, chain INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'pending',
  variants INTEGER NOT NULL DEFAULT 0, spec TEXT NOT NULL, error TEXT, result TEXT, PRIMARY KEY(job, chain)) WITHOUT ROWID;
INSERT INTO chains VALUES('first',0,'done',3,'{"name":"a","variants":2}',NULL,'{"name":"a"}');
INSERT INTO chains VALUES('first',1,'done',2,'{"name":"b","variants":1}',NULL,'{"name":"b"}');
INSERT INTO chains VALUES('second',0,'done',3,'{"name":"a","variants":2}',NULL,'{"name":"a"}');
CREATE TABLE variants(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
  chain INTEGER NOT NULL, variant INTEGER NOT NULL, record TEXT NOT NULL, UNIQUE(job, chain, variant));
INSERT INTO variants VALUES(1,'first',0,0,'{"drc":0,"name":"a","variant":0}');
INSERT INTO variants VALUES(2,'first',0,1,'{"drc":0,"name":"a","variant":1}');
INSERT INTO variants VALUES(3,'first',0,2,'{"drc":0,"name":"a","variant":2}');
INSERT INTO variants VALUES(4,'first',1,0,'{"drc":0,"name":"b","variant":0}');
INSERT INTO variants VALUES(5,'first',1,1,'{"drc":0,"name":"b","variant":1}');
INSERT INTO variants VALUES(6,'second',0,0,'{"drc":0,"name":"a","variant":0}');
INSERT INTO variants VALUES(7,'second',0,1,'{"drc":0,"name":"a","variant":1}');
INSERT INTO variants VALUES(8,'second',0,2,'{"drc":0,"name":"a","variant":2}');
CREATE TABLE files(
  job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, chain INTEGER NOT NULL, variant INTEGER NOT NULL,
  place INTEGER NOT NULL, role TEXT NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL, dataset TEXT NOT NULL,
  PRIMARY KEY(job, chain, variant, place)) WITHOUT ROWID;
INSERT INTO files VALUES('first',-1,-1,0,'dataset','78f7da730c4c99ce82e8ecf89c849aa3287770bd3d99fbc70994224876123ec2',7,'netlists/fake/template.sp');
INSERT INTO files VALUES('first',0,0,0,'gds','9b201430cf167e5dd9053c064a04ef29e56c169e34a6941f749145b154466f83',12,'data/fake/layouts/a/v0.gds');
INSERT INTO files VALUES('first',0,0,1,'state','619d33270a1d32865902e61737ecb456dd848d72338784b66b98e782d21e63f5',9,'');
INSERT INTO files VALUES('first',0,1,0,'gds','4c556cf7b343ae305c9827423132b6e0953c8c86c55f3c780a9e03acca305d10',12,'data/fake/layouts/a/v1.gds');
INSERT INTO files VALUES('first',0,1,1,'state','7686051143e4eb34e46e5d3c1144e439ac5da49b49976a6ce328701ae2817510',9,'');
INSERT INTO files VALUES('first',0,2,0,'gds','7bf1d243b1a011ce72b3658787fd79c86af58ce6a99b1979609069c15b3d1a3b',12,'data/fake/layouts/a/v2.gds');
INSERT INTO files VALUES('first',0,2,1,'state','569ced5c3e4032c0ea7edf420c1a271e025f7894e74ca4b873d091d3a73f567d',9,'');
INSERT INTO files VALUES('first',1,0,0,'gds','58449144996743d8d667056d4d0e85d2f850e033d9ba0edbaf39fe5818949b12',12,'data/fake/layouts/b/v0.gds');
INSERT INTO files VALUES('first',1,0,1,'state','2076db158087daded74505417678a31c5454c12fd6be4257bbc8c6c46e71aa9d',9,'');
INSERT INTO files VALUES('first',1,1,0,'gds','99c3ccec7120ee9e478b5ad9ac892cf7e863a4d1cd3d72976e383d5295420d9c',12,'data/fake/layouts/b/v1.gds');
INSERT INTO files VALUES('first',1,1,1,'state','698b7ebdf9836e5f8c9c302892e4c0a3ac0ac167069c1ae9762a9644bdd368f5',9,'');
INSERT INTO files VALUES('second',-1,-1,0,'dataset','78f7da730c4c99ce82e8ecf89c849aa3287770bd3d99fbc70994224876123ec2',7,'netlists/fake/template.sp');
INSERT INTO files VALUES('second',0,0,0,'gds','9b201430cf167e5dd9053c064a04ef29e56c169e34a6941f749145b154466f83',12,'data/fake/layouts/a/v0.gds');
INSERT INTO files VALUES('second',0,0,1,'state','619d33270a1d32865902e61737ecb456dd848d72338784b66b98e782d21e63f5',9,'');
INSERT INTO files VALUES('second',0,1,0,'gds','4c556cf7b343ae305c9827423132b6e0953c8c86c55f3c780a9e03acca305d10',12,'data/fake/layouts/a/v1.gds');
INSERT INTO files VALUES('second',0,1,1,'state','7686051143e4eb34e46e5d3c1144e439ac5da49b49976a6ce328701ae2817510',9,'');
INSERT INTO files VALUES('second',0,2,0,'gds','7bf1d243b1a011ce72b3658787fd79c86af58ce6a99b1979609069c15b3d1a3b',12,'data/fake/layouts/a/v2.gds');
INSERT INTO files VALUES('second',0,2,1,'state','569ced5c3e4032c0ea7edf420c1a271e025f7894e74ca4b873d091d3a73f567d',9,'');
CREATE TABLE events(
  job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, number INTEGER NOT NULL, method TEXT NOT NULL, params TEXT NOT NULL,
  PRIMARY KEY(job, number)) WITHOUT ROWID;
INSERT INTO events VALUES('first',2,'variant.ready','{"chain":0,"files":[{"dataset":"data/fake/layouts/a/v0.gds","hash":"9b201430cf167e5dd9053c064a04ef29e56c169e34a6941f749145b154466f83","path":"/home/user/state/files/9b/9b201430cf167e5dd9053c064a04ef29e56c169e34a6941f749145b154466f83","role":"gds","size":12},{"hash":"619d33270a1d32865902e61737ecb456dd848d72338784b66b98e782d21e63f5","path":"/home/user/state/files/61/619d33270a1d32865902e61737ecb456dd848d72338784b66b98e782d21e63f5","role":"state","size":9}],"record":{"drc":0,"name":"a","variant":0},"variant":0}');
INSERT INTO events VALUES('first',3,'job.log','{"chain":0,"level":"info","message":"a 0"}');
INSERT INTO events VALUES('first',4,'variant.ready','{"chain":0,"files":[{"dataset":"data/fake/layouts/a/v1.gds","hash":"4c556cf7b343ae305c9827423132b6e0953c8c86c55f3c780a9e03acca305d10","path":"/home/user/state/files/4c/4c556cf7b343ae305c9827423132b6e0953c8c86c55f3c780a9e03acca305d10","role":"gds","size":12},{"hash":"7686051143e4eb34e46e5d3c1144e439ac5da49b49976a6ce328701ae2817510","path":"/home/user/state/files/76/7686051143e4eb34e46e5d3c1144e439ac5da49b49976a6ce328701ae2817510","role":"state","size":9}],"record":{"drc":0,"name":"a","variant":1},"variant":1}');
INSERT INTO events VALUES('first',5,'job.log','{"chain":0,"level":"info","message":"a 1"}');
INSERT INTO events VALUES('first',6,'variant.ready','{"chain":0,"files":[{"dataset":"data/fake/layouts/a/v2.gds","hash":"7bf1d243b1a011ce72b3658787fd79c86af58ce6a99b1979609069c15b3d1a3b","path":"/home/user/state/files/7b/7bf1d243b1a011ce72b3658787fd79c86af58ce6a99b1979609069c15b3d1a3b","role":"gds","size":12},{"hash":"569ced5c3e4032c0ea7edf420c1a271e025f7894e74ca4b873d091d3a73f567d","path":"/home/user/state/files/56/569ced5c3e4032c0ea7edf420c1a271e025f7894e74ca4b873d091d3a73f567d","role":"state","size":9}],"record":{"drc":0,"name":"a","variant":2},"variant":2}');
INSERT INTO events VALUES('first',7,'job.log','{"chain":0,"level":"info","message":"a 2"}');
INSERT INTO events VALUES('first',8,'variant.ready','{"chain":1,"files":[{"dataset":"data/fake/layouts/b/v0.gds","hash":"58449144996743d8d667056d4d0e85d2f850e033d9ba0edbaf39fe5818949b12","path":"/home/user/state/files/58/58449144996743d8d667056d4d0e85d2f850e033d9ba0edbaf39fe5818949b12","role":"gds","size":12},{"hash":"2076db158087daded74505417678a31c5454c12fd6be4257bbc8c6c46e71aa9d","path":"/home/user/state/files/20/2076db158087daded74505417678a31c5454c12fd6be4257bbc8c6c46e71aa9d","role":"state","size":9}],"record":{"drc":0,"name":"b","variant":0},"variant":0}');
INSERT INTO events VALUES('first',9,'job.log','{"chain":1,"level":"info","message":"b 0"}');
INSERT INTO events VALUES('first',10,'variant.ready','{"chain":1,"files":[{"dataset":"data/fake/layouts/b/v1.gds","hash":"99c3ccec7120ee9e478b5ad9ac892cf7e863a4d1cd3d72976e383d5295420d9c","path":"/home/user/state/files/99/99c3ccec7120ee9e478b5ad9ac892cf7e863a4d1cd3d72976e383d5295420d9c","role":"gds","size":12},{"hash":"698b7ebdf9836e5f8c9c302892e4c0a3ac0ac167069c1ae9762a9644bdd368f5","path":"/home/user/state/files/69/698b7ebdf9836e5f8c9c302892e4c0a3ac0ac167069c1ae9762a9644bdd368f5","role":"state","size":9}],"record":{"drc":0,"name":"b","variant":1},"variant":1}');
INSERT INTO events VALUES('first',11,'job.log','{"chain":1,"level":"info","message":"b 1"}');
INSERT INTO events VALUES('first',13,'chain.finished','{"chain":0,"result":{"name":"a"},"state":"done"}');
INSERT INTO events VALUES('first',14,'chain.finished','{"chain":1,"result":{"name":"b"},"state":"done"}');
INSERT INTO events VALUES('first',15,'job.progress','{"fraction":1.0,"message":"variant 1","stage":"router"}');
INSERT INTO events VALUES('first',16,'job.finished','{"result":{"chains":{"done":2,"failed":0,"total":2},"circuit":"fake","variants":5},"state":"done"}');
INSERT INTO events VALUES('second',2,'variant.ready','{"chain":0,"files":[{"dataset":"data/fake/layouts/a/v0.gds","hash":"9b201430cf167e5dd9053c064a04ef29e56c169e34a6941f749145b154466f83","path":"/home/user/state/files/9b/9b201430cf167e5dd9053c064a04ef29e56c169e34a6941f749145b154466f83","role":"gds","size":12},{"hash":"619d33270a1d32865902e61737ecb456dd848d72338784b66b98e782d21e63f5","path":"/home/user/state/files/61/619d33270a1d32865902e61737ecb456dd848d72338784b66b98e782d21e63f5","role":"state","size":9}],"record":{"drc":0,"name":"a","variant":0},"variant":0}');
INSERT INTO events VALUES('second',3,'job.log','{"chain":0,"level":"info","message":"a 0"}');
INSERT INTO events VALUES('second',4,'variant.ready','{"chain":0,"files":[{"dataset":"data/fake/layouts/a/v1.gds","hash":"4c556cf7b343ae305c9827423132b6e0953c8c86c55f3c780a9e03acca305d10","path":"/home/user/state/files/4c/4c556cf7b343ae305c9827423132b6e0953c8c86c55f3c780a9e03acca305d10","role":"gds","size":12},{"hash":"7686051143e4eb34e46e5d3c1144e439ac5da49b49976a6ce328701ae2817510","path":"/home/user/state/files/76/7686051143e4eb34e46e5d3c1144e439ac5da49b49976a6ce328701ae2817510","role":"state","size":9}],"record":{"drc":0,"name":"a","variant":1},"variant":1}');
INSERT INTO events VALUES('second',5,'job.log','{"chain":0,"level":"info","message":"a 1"}');
INSERT INTO events VALUES('second',6,'variant.ready','{"chain":0,"files":[{"dataset":"data/fake/layouts/a/v2.gds","hash":"7bf1d243b1a011ce72b3658787fd79c86af58ce6a99b1979609069c15b3d1a3b","path":"/home/user/state/files/7b/7bf1d243b1a011ce72b3658787fd79c86af58ce6a99b1979609069c15b3d1a3b","role":"gds","size":12},{"hash":"569ced5c3e4032c0ea7edf420c1a271e025f7894e74ca4b873d091d3a73f567d","path":"/home/user/state/files/56/569ced5c3e4032c0ea7edf420c1a271e025f7894e74ca4b873d091d3a73f567d","role":"state","size":9}],"record":{"drc":0,"name":"a","variant":2},"variant":2}');
INSERT INTO events VALUES('second',7,'job.log','{"chain":0,"level":"info","message":"a 2"}');
INSERT INTO events VALUES('second',8,'job.progress','{"fraction":1.0,"message":"variant 2","stage":"router"}');
INSERT INTO events VALUES('second',9,'chain.finished','{"chain":0,"result":{"name":"a"},"state":"done"}');
INSERT INTO events VALUES('second',10,'job.finished','{"result":{"chains":{"done":1,"failed":0,"total":1},"circuit":"fake","variants":3},"state":"done"}');
CREATE TABLE versions(
  library TEXT NOT NULL, cell TEXT NOT NULL, view TEXT NOT NULL, version INTEGER NOT NULL, hash TEXT NOT NULL,
  job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, chain INTEGER NOT NULL, variant INTEGER NOT NULL,
  created_ms INTEGER NOT NULL, PRIMARY KEY(library, cell, view, version)) WITHOUT ROWID;
INSERT INTO versions VALUES('work','fake','layout',1,'9b201430cf167e5dd9053c064a04ef29e56c169e34a6941f749145b154466f83','first',0,0,1795881169781);
INSERT INTO versions VALUES('work','fake','layout',2,'4c556cf7b343ae305c9827423132b6e0953c8c86c55f3c780a9e03acca305d10','first',0,1,1795881169782);
INSERT INTO versions VALUES('work','fake','layout',3,'7bf1d243b1a011ce72b3658787fd79c86af58ce6a99b1979609069c15b3d1a3b','first',0,2,1795881169782);
INSERT INTO versions VALUES('work','fake','layout',4,'58449144996743d8d667056d4d0e85d2f850e033d9ba0edbaf39fe5818949b12','first',1,0,1795881169811);
INSERT INTO versions VALUES('work','fake','layout',5,'99c3ccec7120ee9e478b5ad9ac892cf7e863a4d1cd3d72976e383d5295420d9c','first',1,1,1795881169812);
INSERT INTO versions VALUES('work','fake','layout',6,'9b201430cf167e5dd9053c064a04ef29e56c169e34a6941f749145b154466f83','second',0,0,1795881170203);
INSERT INTO versions VALUES('work','fake','layout',7,'4c556cf7b343ae305c9827423132b6e0953c8c86c55f3c780a9e03acca305d10','second',0,1,1795881170203);
INSERT INTO versions VALUES('work','fake','layout',8,'7bf1d243b1a011ce72b3658787fd79c86af58ce6a99b1979609069c15b3d1a3b','second',0,2,1795881170203);
INSERT INTO versions VALUES('work','fake','netlist',1,'78f7da730c4c99ce82e8ecf89c849aa3287770bd3d99fbc70994224876123ec2','first',-1,-1,1795881169545);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('jobs',2);
INSERT INTO sqlite_sequence VALUES('variants',8);
CREATE INDEX files_by_hash ON files(hash);
CREATE INDEX versions_by_job ON versions(job);
CREATE INDEX versions_by_hash ON versions(hash);
COMMIT;
PRAGMA user_version=1;
