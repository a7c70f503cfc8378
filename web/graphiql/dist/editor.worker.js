import{a}from"./chunk-VGEUHR2K.js";import"./chunk-CPSYZM5T.js";import"./chunk-RUSQ4UDY.js";import"./chunk-O2AU533G.js";import"./chunk-FOGNBLTS.js";import"./chunk-4L5RI3VG.js";export{a as initialize};
